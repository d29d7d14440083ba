using System.Text;
using System.Text.Encodings.Web;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Tests.Files;

public sealed class PlainJsonEncoderSpecs
{
    public static TheoryData<string> Texts => new(
        "", "MIT", "Apache-2.0 OR MIT+", "a quote \" and a backslash \\", "</script>'&", "line\nbreak\r\ttab", "\u0000\u001f\u007f\u0080\u009f", "Łódź 東京 עברית",
        "\u2028\u2029\ufeff\ufffe\uffff", "😀", "half a pair \ud83d", "\ude00 the other half", $"{new string('a', 500)}\"");

    [Theory]
    [MemberData(nameof(Texts))]
    public void It_writes_what_the_encoder_of_the_library_writes(string text)
    {
        Write(text, PlainJsonEncoder.Instance, asBytes: false).ShouldBe(Write(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping, asBytes: false));
        Write(text, PlainJsonEncoder.Instance, asBytes: true).ShouldBe(Write(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping, asBytes: true));
    }

    [Fact]
    public void Each_letter_of_the_basic_plane_is_escaped_or_not_as_the_library_does()
    {
        var all = string.Concat(Enumerable.Range(0, char.MaxValue).Select(letter => (char)letter).Where(letter => !char.IsSurrogate(letter)).Select(letter => $"a{letter}"));
        foreach (var asBytes in new[] { false, true })
            (Write(all, PlainJsonEncoder.Instance, asBytes) == Write(all, JavaScriptEncoder.UnsafeRelaxedJsonEscaping, asBytes)).ShouldBeTrue();
    }

    private static string Write(string text, JavaScriptEncoder encoder, bool asBytes)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = encoder }))
        {
            writer.WriteStartObject();
            if (asBytes)
                writer.WriteString(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(text));
            else
                writer.WriteString(text, text);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
