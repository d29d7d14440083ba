using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Publishing;

/// <summary>What was done: to which image, by which tools, from which database, how long each step took. Written as receipt.json.</summary>
/// <param name="Reference">Registry (none for a layout), repository and digest.</param>
/// <param name="Tags">The tags that were set or pointed to it already; none when nothing was published.</param>
/// <param name="Sbom">Absolute path of the CycloneDX document.</param>
internal sealed record Receipt(
    string Reference,
    Digest Digest,
    string MediaType,
    IReadOnlyList<string> Platforms,
    IReadOnlyList<string> Tags,
    ReceiptScan? Scan,
    string? Sbom,
    IReadOnlyList<ReceiptEvidence> Evidence,
    bool Signed,
    string? VerifiedSigner,
    IReadOnlyList<Tool> Tools,
    IReadOnlyList<StepDuration> Steps,
    string SupplyChainBuildVersion,
    DateTimeOffset FinishedAt)
{
    public const string FileName = "receipt.json";

    /// <summary>In which form the evidence lies beside the image; null: unsigned.</summary>
    public SignatureFormat? SignatureFormat { get; init; }

    public static Receipt Of(PublishPlan plan, PublishState state, string version, DateTimeOffset finishedAt, IReadOnlyList<Tool> tools)
    {
        var image = state.Image.Read();
        if (plan.Publish)
            // Nothing is said to be published that is not.
            state.Pushed.Read();
        var scan = state.Scan.ReadOrNull();
        var evidence = state.Evidence.ReadOrNull() ?? [];
        return new Receipt(
            plan.ReferenceTo(image.Root.Digest).ToString(),
            image.Root.Digest,
            image.Root.MediaType,
            [.. image.Platforms.Select(platform => platform.Platform.ToString())],
            state.Tags.ReadOrNull() ?? [],
            scan is null ? null : new ReceiptScan(scan.Scanner, scan.ScannerVersion, scan.DatabaseUpdatedAt, state.Verdict.Read().Summary) { DatabaseDigest = scan.DatabaseDigest, Server = scan.Server },
            state.Documents.ReadOrNull()?.FirstOrDefault(document => document.PredicateType == PredicateTypes.CycloneDx && document.Image == image.Root.Digest)?.File,
            [.. evidence.Select(signed => new ReceiptEvidence(signed.PredicateType, Path.GetFileName(signed.BundleFile)))],
            evidence.Count > 0,
            state.Verification.ReadOrNull()?.Signer,
            tools,
            state.Steps(),
            version,
            finishedAt)
        {
            SignatureFormat = evidence.Count > 0 ? plan.SignatureFormat : null,
        };
    }
}

internal sealed record ReceiptScan(string Scanner, string ScannerVersion, DateTimeOffset? DatabaseUpdatedAt, string Summary)
{
    /// <summary>SHA-256 of the database's file; null: not known (a server's).</summary>
    public Digest? DatabaseDigest { get; init; }

    /// <summary>The shared Trivy server that decided.</summary>
    public string? Server { get; init; }
}

/// <param name="Bundle">File name of the Sigstore bundle in the output folder.</param>
internal sealed record ReceiptEvidence(string PredicateType, string Bundle);

internal sealed record StepDuration(string Step, int Milliseconds);
