using System.Buffers;
using System.Text.Encodings.Web;

namespace SupplyChain.Core.Files;

/// <summary>
/// Escapes what JSON demands and no more (RFC 8259, section 7), as <see cref="JavaScriptEncoder.UnsafeRelaxedJsonEscaping"/> does: names and licences hold letters of all
/// languages and '+', and stay readable. Nearly every text is plain ASCII, and that is seen here by code that is compiled with the package; the runtime compiles its own
/// search in each process anew and without optimisation, which made a large document take twice as long.
/// </summary>
internal sealed class PlainJsonEncoder : JavaScriptEncoder
{
    public static readonly PlainJsonEncoder Instance = new();

    private static readonly JavaScriptEncoder Relaxed = UnsafeRelaxedJsonEscaping;

    private PlainJsonEncoder()
    {
    }

    public override int MaxOutputCharactersPerInputCharacter => Relaxed.MaxOutputCharactersPerInputCharacter;

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        for (var i = 0; i < textLength; i++)
        {
            if (text[i] is < ' ' or > '~' or '"' or '\\')
                return Relaxed.FindFirstCharacterToEncode(text, textLength);
        }

        return -1;
    }

    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text)
    {
        foreach (var letter in utf8Text)
        {
            if (letter is < (byte)' ' or > (byte)'~' or (byte)'"' or (byte)'\\')
                return Relaxed.FindFirstCharacterToEncodeUtf8(utf8Text);
        }

        return -1;
    }

    public override bool WillEncode(int unicodeScalar) => Relaxed.WillEncode(unicodeScalar);

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten) =>
        Relaxed.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);

    public override OperationStatus Encode(ReadOnlySpan<char> source, Span<char> destination, out int charsConsumed, out int charsWritten, bool isFinalBlock = true) =>
        Relaxed.Encode(source, destination, out charsConsumed, out charsWritten, isFinalBlock);

    public override OperationStatus EncodeUtf8(ReadOnlySpan<byte> utf8Source, Span<byte> utf8Destination, out int bytesConsumed, out int bytesWritten, bool isFinalBlock = true) =>
        Relaxed.EncodeUtf8(utf8Source, utf8Destination, out bytesConsumed, out bytesWritten, isFinalBlock);
}
