using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Publishing;

/// <summary>A document about an image that is to be signed and attached as an attestation; mostly a file that people find in the output folder.</summary>
/// <param name="Image">The digest of the image it is about.</param>
/// <param name="PredicateType">One of <see cref="PredicateTypes"/>.</param>
/// <param name="File">Absolute path of the document: the predicate, a JSON object.</param>
/// <param name="Content">The digest of the document's bytes: the output folder may be shared, and only these bytes may be signed.</param>
internal sealed record AttestedDocument(Digest Image, string PredicateType, string File, Digest Content)
{
    /// <summary>It is about one platform of this image.</summary>
    public bool IsOfPlatform(ImageLayout image) => image.ListChildren().Any(child => child.Digest == Image);

    public static AttestedDocument Write(Digest image, string predicateType, string file, ReadOnlySpan<byte> content)
    {
        System.IO.File.WriteAllBytes(file + ".tmp", content);
        System.IO.File.Move(file + ".tmp", file, overwrite: true);
        return new AttestedDocument(image, predicateType, file, Digest.Of(content));
    }

    /// <exception cref="DiagnosticException">SCB5802: it is about another image, or the file no longer holds what was written.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(Digest image, CancellationToken cancellationToken)
    {
        var what = PredicateTypes.Describe(PredicateType);
        if (Image != image)
            throw Replaced($"{what} in {File} is about {Image.Short}, the image is {image.Short}");
        try
        {
            var content = await System.IO.File.ReadAllBytesAsync(File, cancellationToken);
            return Digest.Of(content) == Content ? content : throw Replaced($"{what} in {File} was changed after it had been written");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Replaced($"{what} in {File} cannot be read any more ({SingleLine.Of(exception.Message, 300).TrimEnd('.')})", exception);
        }
    }

    private static DiagnosticException Replaced(string what, Exception? cause = null) => new(
        DiagnosticCodes.EvidenceIncomplete,
        $"{what}, so it is not signed. Publish again; give each project a SupplyChainOutputPath of its own, and let no target change that file.",
        cause);
}
