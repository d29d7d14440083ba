using System.Text.Json;
using System.Text.Json.Serialization;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Verifying;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>What the last publish left in SupplyChainOutputPath: which image, signed by whom, with which attestations.</summary>
/// <param name="Directory">Where it is.</param>
/// <param name="Reference">Registry, repository and digest.</param>
/// <param name="Format">In which form the evidence lies beside the image.</param>
/// <param name="Evidence">None: it was published unsigned.</param>
internal sealed record PublishedEvidence(string Directory, ImageReference Reference, SignatureFormat Format, IReadOnlyList<PublishedBundle> Evidence)
{
    /// <summary>In the order in which they were signed. A VEX document is there only where something is to be said, so none can be asked for.</summary>
    public IReadOnlyList<string> Attestations =>
        [.. Evidence.Select(bundle => bundle.PredicateType).Where(type => type is not (PredicateTypes.CosignSignature or PredicateTypes.SimpleSigning or PredicateTypes.OpenVex)).Distinct()];

    public SignedImage SignedBy(PolicySigner signer) => new(signer, Attestations, Bundles: Format != SignatureFormat.Legacy, Legacy: Format != SignatureFormat.Bundle);

    /// <summary>A policy must let in the image that it is made for.</summary>
    /// <exception cref="DiagnosticException">SCB6005.</exception>
    public void Require(VerificationPolicy conditions)
    {
        try
        {
            conditions.Require(new ExaminedImage(Reference, [.. Evidence.Select(bundle => new ExaminedStatement(bundle.PredicateType, bundle.Statement, "", null))], []));
        }
        catch (DiagnosticException exception)
        {
            throw new DiagnosticException(DiagnosticCodes.PolicyRefusesOwnImage, $"{exception.Message} A policy with these conditions would not let it in. Publish an image that meets them, or change SupplyChainVerificationThreshold, SupplyChainIgnoreUnfixed or SupplyChainVerificationBuilder. No policy was written.", exception);
        }
    }

    /// <summary>The image of the last publish, whether or not it was signed; null: there is none.</summary>
    public static (string Directory, ImageReference Reference, IReadOnlyList<string> Tags)? Find(IReadOnlyList<string> directories)
    {
        foreach (var directory in directories)
        {
            if (new StateFile<PublishedReceipt>(directory, "receipt.json", PolicyJson.Default.PublishedReceipt).ReadOrNull() is { } receipt && ImageReference.TryParse(receipt.Reference, out var reference))
                return (directory, reference, receipt.Tags);
        }
        return null;
    }

    /// <summary>The image of the last publish, in a registry.</summary>
    /// <exception cref="DiagnosticException">SCB6001.</exception>
    public static (string Directory, ImageReference Reference, IReadOnlyList<string> Tags) Require(IReadOnlyList<string> directories)
    {
        var published = Find(directories) ?? throw Missing(directories);
        return published.Reference is { Registry: not null, Digest: not null } ? published : throw InFolder(published.Directory);
    }

    /// <param name="directories">Looked through in order; the first that has a receipt counts.</param>
    /// <exception cref="DiagnosticException">SCB6001: nothing was published, or into a folder. SCB6002: a bundle cannot be used. SCB0109: the receipt is damaged.</exception>
    public static async Task<PublishedEvidence> ReadAsync(IReadOnlyList<string> directories, CancellationToken cancellationToken)
    {
        foreach (var directory in directories)
        {
            if (new StateFile<PublishedReceipt>(directory, "receipt.json", PolicyJson.Default.PublishedReceipt).ReadOrNull() is not { } receipt)
                continue;
            if (!ImageReference.TryParse(receipt.Reference, out var reference) || reference.Digest is null)
                throw Nothing($"{Path.Combine(directory, "receipt.json")} names no image. Publish again.");
            if (reference.Registry is null)
                throw InFolder(directory);
            var bundles = new List<PublishedBundle>();
            foreach (var evidence in receipt.Evidence)
                bundles.Add(await PublishedBundle.ReadAsync(Path.Combine(directory, Path.GetFileName(evidence.Bundle)), evidence.PredicateType, receipt.Digest, cancellationToken));
            return new PublishedEvidence(directory, reference, receipt.SignatureFormat ?? SignatureFormat.Bundle, bundles);
        }
        throw Missing(directories);
    }

    private static DiagnosticException InFolder(string directory) => Nothing($"the last publish ({directory}) went into a folder or nowhere, and a cluster pulls from a registry. Set ContainerRegistry and publish again.");

    private static DiagnosticException Missing(IReadOnlyList<string> directories) => Nothing($"nothing has been published: there is no receipt.json in {string.Join(" or ", directories)}. Publish first (dotnet publish /t:PublishContainer), with the same SupplyChainOutputPath, then run this again.");

    private static DiagnosticException Nothing(string message) => new(DiagnosticCodes.NothingPublished, message);
}

/// <summary>One signed document of the publish.</summary>
/// <param name="KeyHint">Fingerprint of the key; null: a certificate signed.</param>
/// <param name="Certificate">Whom it names; null: a key signed.</param>
/// <param name="Logged">It has an entry of a transparency log.</param>
/// <param name="Statement">The in-toto statement; empty for a signature in cosign's older layout.</param>
internal sealed record PublishedBundle(string File, string PredicateType, string? KeyHint, CertificateIdentity? Certificate, bool Logged, ReadOnlyMemory<byte> Statement)
{
    public static async Task<PublishedBundle> ReadAsync(string file, string predicateType, Digest image, CancellationToken cancellationToken)
    {
        try
        {
            if (predicateType == PredicateTypes.SimpleSigning)
                return ReadMaterial(file, await System.IO.File.ReadAllBytesAsync(file, cancellationToken));
            var bundle = await Bundle.ReadAsync(file, cancellationToken);
            if (bundle.Statement.PredicateType != predicateType || !bundle.Statement.Subjects.Contains(image))
                throw new FormatException($"it is not {PredicateTypes.Describe(predicateType)} of {image}");
            return new PublishedBundle(file, predicateType, bundle.KeyHint, bundle.Certificate, bundle.LogEntries > 0, bundle.Payload);
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.PolicySignerUnknown,
                $"the bundle {file} of the last publish cannot be used: {SingleLine.Of(exception.Message, 300).TrimEnd('.')}. Publish again, then generate again.",
                exception);
        }
    }

    /// <summary>A message signature holds no statement; who made it stands in the same place.</summary>
    private static PublishedBundle ReadMaterial(string file, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, Signing.Statement.ReadOptions);
        var material = Signing.Statement.Property(document.RootElement, "verificationMaterial", JsonValueKind.Object);
        var hint = material.TryGetProperty("publicKey", out var key) ? Signing.Statement.Text(key, "hint") : null;
        var certificate = material.TryGetProperty("certificate", out var leaf) && Signing.Statement.Property(leaf, "rawBytes", JsonValueKind.String).TryGetBytesFromBase64(out var bytes)
            ? CertificateIdentity.Read(bytes)
            : null;
        if ((hint is null) == (certificate is null))
            throw new FormatException("it must name either a public key or a certificate");
        var logged = material.TryGetProperty("tlogEntries", out var log) && log.ValueKind == JsonValueKind.Array && log.GetArrayLength() > 0;
        return new PublishedBundle(file, PredicateTypes.SimpleSigning, hint, certificate, logged, default);
    }
}

/// <summary>What is read of receipt.json; it has more, and in a publish without scan or signature less.</summary>
internal sealed record PublishedReceipt(string Reference, Digest Digest, IReadOnlyList<ReceiptEvidence> Evidence)
{
    public SignatureFormat? SignatureFormat { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PublishedReceipt))]
internal sealed partial class PolicyJson : JsonSerializerContext;
