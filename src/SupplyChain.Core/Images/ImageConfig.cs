using System.Text.Json;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>Reads what this package needs of an image configuration (OCI image specification 1.1, config.md).</summary>
internal static class ImageConfig
{
    /// <param name="layers">How many layers the manifest has: the configuration must name as many.</param>
    /// <param name="expected">What the index says of this image; empty parts of it say nothing.</param>
    /// <exception cref="DiagnosticException">SCB1006: malformed, or it contradicts manifest or index.</exception>
    internal static Platform ReadPlatform(ReadOnlyMemory<byte> content, int layers, DescriptorPlatform? expected)
    {
        const string what = "the image configuration";
        using var document = StrictJson.Parse(content, what);
        var root = document.RootElement;
        var os = Text(root, "os") ?? throw Malformed($"{what} has no 'os'");
        var architecture = Text(root, "architecture") ?? throw Malformed($"{what} has no 'architecture'");
        var variant = Text(root, "variant");

        Compare("os", os, expected?.Os);
        Compare("architecture", architecture, expected?.Architecture);
        if (variant is not null)
            Compare("variant", variant, expected?.Variant);
        else if (!string.IsNullOrEmpty(expected?.Variant))
            variant = Checked("variant", expected.Variant);

        var diffIds = root.TryGetProperty("rootfs", out var rootfs) && rootfs.ValueKind == JsonValueKind.Object
            && rootfs.TryGetProperty("diff_ids", out var ids) && ids.ValueKind == JsonValueKind.Array ? ids.GetArrayLength() : 0;
        if (diffIds != layers)
            throw Malformed($"{what} names {diffIds} layers, its manifest {layers}");
        return new Platform(os, architecture, variant);
    }

    private static void Compare(string name, string found, string? expected)
    {
        if (!string.IsNullOrEmpty(expected) && expected != found)
            throw Malformed($"the image configuration has the {name} '{found}', the index says '{SingleLine.Of(expected, 40)}'");
    }

    private static string? Text(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.String)
            throw Malformed($"the image configuration has a malformed '{name}'");
        try
        {
            return value.GetString() is { Length: > 0 } text ? Checked(name, text) : null;
        }
        catch (InvalidOperationException e)
        {
            throw Malformed($"the image configuration has a malformed '{name}'", e);
        }
    }

    /// <summary>These become parts of file names and command lines.</summary>
    private static string Checked(string name, string value) =>
        value.Length <= 32 && char.IsAsciiLetterOrDigit(value[0]) && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? value
            : throw Malformed($"the {name} '{SingleLine.Of(value, 40)}' of the image is no valid name");

    private static DiagnosticException Malformed(string what, Exception? cause = null) => new(DiagnosticCodes.ImageMalformed, what, cause);
}
