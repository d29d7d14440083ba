using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// The part of Grype's JSON report that is read here (anchore/grype, grype/presenter/models). It names no schema version: a report without one of the three
/// members that every release has written is not one.
/// </summary>
internal sealed record GrypeReport(IReadOnlyList<GrypeMatch> Matches, GrypeSource Source, GrypeDescriptor Descriptor)
{
    public GrypeDistro? Distro { get; init; }

    [AllowNull]
    public IReadOnlyList<GrypeAlerts> AlertsByPackage { get; init => field = value ?? []; } = [];
}

/// <param name="Target">A path, or an object for images.</param>
internal sealed record GrypeSource(string Type, JsonElement Target);

internal sealed record GrypeDescriptor(string Name, string Version)
{
    public JsonElement Db { get; init; }
}

internal sealed record GrypeDistro(string? Name = null, string? Version = null);

internal sealed record GrypeMatch(GrypeVulnerability Vulnerability, GrypeArtifact Artifact)
{
    [AllowNull]
    public IReadOnlyList<GrypeRelated> RelatedVulnerabilities { get; init => field = value ?? []; } = [];
}

internal sealed record GrypeVulnerability(string Id)
{
    public string? DataSource { get; init; }

    public string? Severity { get; init; }

    public string? Description { get; init; }

    public GrypeFix? Fix { get; init; }

    [AllowNull]
    public IReadOnlyList<GrypeScore> Cvss { get; init => field = value ?? []; } = [];

    [AllowNull]
    public IReadOnlyList<JsonElement> KnownExploited { get; init => field = value ?? []; } = [];
}

internal sealed record GrypeFix
{
    [AllowNull]
    public IReadOnlyList<string> Versions { get; init => field = value ?? []; } = [];

    public string? State { get; init; }

    [AllowNull]
    public IReadOnlyList<GrypeFixDay> Available { get; init => field = value ?? []; } = [];
}

internal sealed record GrypeFixDay(string? Version = null, string? Date = null);

internal sealed record GrypeScore
{
    public GrypeMetrics? Metrics { get; init; }
}

internal sealed record GrypeMetrics
{
    public double BaseScore { get; init; }
}

/// <summary>The same vulnerability under another name.</summary>
internal sealed record GrypeRelated(string Id)
{
    public string? Description { get; init; }

    [AllowNull]
    public IReadOnlyList<GrypeScore> Cvss { get; init => field = value ?? []; } = [];
}

internal sealed record GrypeArtifact(string Name, string Version)
{
    public string? Type { get; init; }

    public string? Purl { get; init; }

    [AllowNull]
    public IReadOnlyList<GrypeLocation> Locations { get; init => field = value ?? []; } = [];
}

internal sealed record GrypeLocation(string? Path = null)
{
    [JsonPropertyName("layerID")]
    public string? LayerId { get; init; }
}

internal sealed record GrypeAlerts
{
    [AllowNull]
    public IReadOnlyList<GrypeAlert> Alerts { get; init => field = value ?? []; } = [];
}

internal sealed record GrypeAlert(string? Type = null);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(GrypeReport))]
internal sealed partial class GrypeJson : JsonSerializerContext;
