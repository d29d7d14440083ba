using System.Text.Json.Serialization;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Signing;

/// <summary>What has to be verified, and where.</summary>
/// <param name="Reference">Pinned to <paramref name="Digest"/>; registry null for an image in an OCI layout folder.</param>
/// <param name="Digest">The image that was scanned, pushed and signed.</param>
/// <param name="PredicateTypes">Each must be there, signed by <paramref name="Signer"/>; <see cref="PredicateTypes.CosignSignature"/> is the image signature.</param>
public sealed record VerificationRequest(ImageReference Reference, Digest Digest, IReadOnlyList<string> PredicateTypes, ExpectedSigner Signer)
{
    /// <summary>What this publish made: the destination must give back these very statements. Empty when somebody else's image is verified.</summary>
    public IReadOnlyList<SignedEvidence> Own { get; init; } = [];

    /// <summary>The bundles that were read back from the destination. None, of a registry: cosign reads everything itself.</summary>
    public IReadOnlyList<StoredBundle> Stored { get; init; } = [];

    /// <summary>The destination has cosign's older layout alone: there is no bundle that cosign itself would find.</summary>
    public bool Legacy { get; init; }

    /// <summary>Everything from the bytes in <see cref="Stored"/>, the signature too, which cosign else looks for in the registry by itself.</summary>
    internal bool FromBytes { get; init; }

    /// <summary>What cosign lists, where it has been asked beside the reading back; null: it will be asked.</summary>
    internal Task<AcceptedListing?>? Listed { get; init; }

    public RegistryAccess Access { get; init; } = new();

    /// <summary>Parent of a private work folder that is deleted at the end; the intermediate folder.</summary>
    public required string WorkDirectory { get; init; }

    /// <summary>
    /// The signature cosign looks for in the registry by itself, as a stranger does. What else was read back from there is verified from the bytes: asking
    /// cosign for each type would make it read all of them each time.
    /// </summary>
    internal bool IsReadBack(string type) =>
        Reference.Registry is null || (Stored.Count > 0 && (type != Signing.PredicateTypes.CosignSignature || Legacy || FromBytes));

    /// <summary>The arguments of cosign that looks in the registry.</summary>
    internal string[] AskedInRegistry(string type) => ["verify-attestation", "--type", type, .. Signer.Arguments, .. Access.Arguments, "--", Reference.At(Digest).ToString()];

    /// <summary>Those of <c>cosign verify-blob-attestation</c>, but for the file.</summary>
    internal string[] AskedOfBytes(string type) => ["--digest", Digest.Hex, "--digestAlg", "sha256", "--type", type, .. Signer.Arguments];
}

/// <summary>A bundle as the destination gives it back.</summary>
/// <param name="PredicateType">As the referrer's annotation says; what counts is what the signed statement says.</param>
public sealed class StoredBundle(string PredicateType, ReadOnlyMemory<byte> Content)
{
    private readonly Lazy<Bundle?> _bundle = new(() => Signing.Bundle.TryParse(Content));

    public string PredicateType { get; } = PredicateType;

    public ReadOnlyMemory<byte> Content { get; } = Content;

    /// <summary>What it holds, unverified; null: it is no bundle over a statement. Read once, by whoever asks first.</summary>
    internal Bundle? Bundle => _bundle.Value;
}

/// <summary>The evidence of an image has been read back from its destination and is signed by the right one.</summary>
/// <param name="Image">The image's digest.</param>
/// <param name="Reference">With the digest.</param>
/// <param name="Signer">For people.</param>
/// <param name="Statements">One a predicate type that was asked for, in that order.</param>
/// <param name="At">When it was verified, UTC.</param>
public sealed record Verification(Digest Image, string Reference, string Signer, IReadOnlyList<VerifiedStatement> Statements, DateTimeOffset At);

/// <param name="Payload">The digest of the signed statement.</param>
public sealed record VerifiedStatement(string PredicateType, Digest Payload)
{
    /// <summary>The signed statement, UTF-8 JSON; not part of the state file.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<byte> Content { get; init; }
}
