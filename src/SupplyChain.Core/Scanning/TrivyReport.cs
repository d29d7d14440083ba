using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// The part of Trivy's JSON report (schema version 2) that is read here; <see cref="TrivyReportReader"/> has checked what the compiler believes.
/// Trivy leaves out what is empty, so every list may be missing or null.
/// </summary>
internal sealed record TrivyReport(int SchemaVersion, string ArtifactName, string ArtifactType)
{
    public TrivyBuild? Trivy { get; init; }

    public TrivyMetadata? Metadata { get; init; }

    [AllowNull]
    public IReadOnlyList<TrivyResult> Results { get; init => field = value ?? []; } = [];
}

/// <summary>Older releases do not name their version in the report.</summary>
internal sealed record TrivyBuild(string? Version = null);

internal sealed record TrivyMetadata
{
    [JsonPropertyName("OS")]
    public TrivyOperatingSystem? OperatingSystem { get; init; }

    /// <summary>The digest of the image's configuration.</summary>
    [JsonPropertyName("ImageID")]
    public string? ImageId { get; init; }

    [JsonPropertyName("DiffIDs")]
    [AllowNull]
    public IReadOnlyList<string> DiffIds { get; init => field = value ?? []; } = [];

    public TrivyImageConfig? ImageConfig { get; init; }
}

internal sealed record TrivyOperatingSystem(string? Family = null, string? Name = null)
{
    [JsonPropertyName("EOSL")]
    public bool EndOfLife { get; init; }
}

internal sealed record TrivyImageConfig(
    [property: JsonPropertyName("architecture")] string? Architecture = null,
    [property: JsonPropertyName("os")] string? Os = null,
    [property: JsonPropertyName("variant")] string? Variant = null);

/// <param name="Class">os-pkgs, lang-pkgs, …</param>
/// <param name="Type">debian, alpine, dotnet-core, nuget, …</param>
internal sealed record TrivyResult(string? Target = null, string? Class = null, string? Type = null)
{
    [AllowNull]
    public IReadOnlyList<TrivyPackage> Packages { get; init => field = value ?? []; } = [];

    [AllowNull]
    public IReadOnlyList<TrivyVulnerability> Vulnerabilities { get; init => field = value ?? []; } = [];

    [AllowNull]
    public IReadOnlyList<TrivyMisconfiguration> Misconfigurations { get; init => field = value ?? []; } = [];

    [AllowNull]
    public IReadOnlyList<TrivySecret> Secrets { get; init => field = value ?? []; } = [];
}

internal sealed record TrivyMisconfiguration([property: JsonPropertyName("ID")] string Id)
{
    public string? Title { get; init; }

    public string? Message { get; init; }

    public string? Resolution { get; init; }

    public string? Severity { get; init; }

    [JsonPropertyName("PrimaryURL")]
    public string? Url { get; init; }

    public string? Status { get; init; }

    public TrivyCause? CauseMetadata { get; init; }
}

internal sealed record TrivyCause
{
    public int StartLine { get; init; }
}

/// <summary>Trivy also gives lines of the file around it (Match, Code); they are not read, so that no secret goes any further.</summary>
internal sealed record TrivySecret([property: JsonPropertyName("RuleID")] string Rule)
{
    public string? Severity { get; init; }

    public string? Title { get; init; }

    public int StartLine { get; init; }

    public TrivyLayer? Layer { get; init; }
}

internal sealed record TrivyPackage(string Name)
{
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    public TrivyIdentifier? Identifier { get; init; }

    public string? Version { get; init; }

    public string? Release { get; init; }

    public int Epoch { get; init; }

    public string? Arch { get; init; }

    public string? SrcName { get; init; }

    public string? SrcVersion { get; init; }

    public string? SrcRelease { get; init; }

    public int SrcEpoch { get; init; }

    [JsonPropertyName("Modularitylabel")]
    public string? ModularityLabel { get; init; }

    [AllowNull]
    public IReadOnlyList<string> Licenses { get; init => field = value ?? []; } = [];

    public TrivyLayer? Layer { get; init; }

    public string? FilePath { get; init; }
}

internal sealed record TrivyVulnerability(
    [property: JsonPropertyName("VulnerabilityID")] string Id,
    [property: JsonPropertyName("PkgName")] string Package,
    [property: JsonPropertyName("InstalledVersion")] string Version)
{
    [JsonPropertyName("PkgIdentifier")]
    public TrivyIdentifier? Identifier { get; init; }

    [JsonPropertyName("PkgPath")]
    public string? Path { get; init; }

    public string? FixedVersion { get; init; }

    public string? Status { get; init; }

    public TrivyLayer? Layer { get; init; }

    [JsonPropertyName("PrimaryURL")]
    public string? Url { get; init; }

    public string? Title { get; init; }

    public string? Severity { get; init; }

    [JsonPropertyName("VendorIDs")]
    [AllowNull]
    public IReadOnlyList<string> OtherIds { get; init => field = value ?? []; } = [];

    public string? PublishedDate { get; init; }

    [JsonPropertyName("CVSS")]
    public IReadOnlyDictionary<string, TrivyScore>? Scores { get; init; }
}

internal sealed record TrivyScore
{
    public double V3Score { get; init; }

    public double V40Score { get; init; }
}

internal sealed record TrivyIdentifier([property: JsonPropertyName("PURL")] string? Purl = null);

internal sealed record TrivyLayer(string? Digest = null)
{
    [JsonPropertyName("DiffID")]
    public string? DiffId { get; init; }

    [JsonIgnore]
    public string? Name => string.IsNullOrEmpty(Digest) ? DiffId : Digest;
}

/// <summary>A name that stands twice in an object means another thing to every reader, so it is refused.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(TrivyReport))]
[JsonSerializable(typeof(TrivyDatabaseMetadata))]
internal sealed partial class TrivyJson : JsonSerializerContext;
