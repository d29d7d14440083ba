using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Sboms;

namespace SupplyChain.Core.Publishing;

/// <summary>The bill of materials that was written for an image, as a file that people find in the output folder.</summary>
/// <param name="Image">The digest of the image it is about.</param>
/// <param name="File">Absolute path of the CycloneDX document.</param>
/// <param name="Content">The digest of the document's bytes: the output folder may be shared, and only these bytes may be signed.</param>
internal sealed record WrittenSbom(Digest Image, string File, Digest Content, int Components)
{
    public static WrittenSbom Write(Sbom sbom, Digest image, string file)
    {
        var content = new System.Buffers.ArrayBufferWriter<byte>(256 * 1024);
        CycloneDxWriter.Write(sbom, content, indented: true);
        System.IO.File.WriteAllBytes(file + ".tmp", content.WrittenSpan);
        System.IO.File.Move(file + ".tmp", file, overwrite: true);
        return new WrittenSbom(image, file, Digest.Of(content.WrittenSpan), sbom.Components.Count);
    }

    /// <exception cref="DiagnosticException">SCB5802: it is about another image, or the file no longer holds what was written.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(Digest image, CancellationToken cancellationToken)
    {
        if (Image != image)
            throw Replaced($"the bill of materials {File} is about {Image.Short}, the image is {image.Short}");
        try
        {
            var content = await System.IO.File.ReadAllBytesAsync(File, cancellationToken);
            return Digest.Of(content) == Content ? content : throw Replaced($"the bill of materials {File} was changed after it had been written");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Replaced($"the bill of materials {File} cannot be read any more ({SingleLine.Of(exception.Message, 300).TrimEnd('.')})", exception);
        }
    }

    private static DiagnosticException Replaced(string what, Exception? cause = null) => new(
        DiagnosticCodes.EvidenceIncomplete,
        $"{what}, so it is not signed. Publish again; give each project a SupplyChainOutputPath of its own, and let no target change that file.",
        cause);
}
