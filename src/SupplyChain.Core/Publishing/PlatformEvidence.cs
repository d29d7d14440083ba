using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// The evidence at the images of the platforms. Its statements name the index and each image, so it is the same bundles; whether the signatures are
/// right is verified once, at the index, and here that they are these bytes.
/// </summary>
internal sealed class PlatformEvidence(SignatureFormat format)
{
    /// <param name="image">Of a platform.</param>
    /// <param name="stored">What the destination has with it.</param>
    /// <param name="pushed">The index.</param>
    /// <exception cref="DiagnosticException">SCB5801: a bundle is not with the image, or is not about it.</exception>
    public async Task RequireAsync(Descriptor image, IReadOnlyList<StoredBundle> stored, PushedImage pushed, IReadOnlyList<SignedEvidence> evidence, CancellationToken cancellationToken)
    {
        foreach (var signed in SignedEvidence.For(image.Digest, evidence, pushed.Digest))
        {
            if (await ReadAsync(signed, cancellationToken) is { } own && Bundle.TryParse(own) is { } bundle && bundle.Statement.Subjects.Contains(image.Digest)
                && stored.Any(item => item.Content.Span.SequenceEqual(own) || (format == SignatureFormat.Legacy && Says(item, bundle))))
            {
                continue;
            }
            throw new DiagnosticException(
                DiagnosticCodes.VerificationFailed,
                $"{PredicateTypes.Describe(signed.PredicateType)} ({signed.PredicateType}) is not with {pushed.Reference.At(image.Digest)}, an image of the index. Publish again; if this repeats, somebody or something rewrites the evidence in this repository.");
        }
    }

    /// <summary>The older layout keeps the envelope and not the bundle.</summary>
    private static bool Says(StoredBundle stored, Bundle own) => stored.Bundle?.Payload.Span.SequenceEqual(own.Payload.Span) == true;

    private static async Task<byte[]?> ReadAsync(SignedEvidence signed, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(signed.BundleFile, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
