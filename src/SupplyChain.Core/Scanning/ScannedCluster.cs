using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Scanning;

/// <summary>The part of a <c>trivy k8s</c> report that is read here (aquasecurity/trivy, pkg/k8s/report).</summary>
internal sealed record ScannedCluster(string ClusterName)
{
    [AllowNull]
    public IReadOnlyList<ScannedResource> Resources { get; init => field = value ?? []; } = [];

    /// <summary>The same in a summary.</summary>
    [AllowNull]
    public IReadOnlyList<ScannedResource> Findings { get; init => field = value ?? []; } = [];

    [JsonIgnore]
    public IReadOnlyList<ScannedResource> All => [.. Resources.Concat(Findings).OrderBy(resource => resource.Name, StringComparer.Ordinal)];

    /// <exception cref="DiagnosticException">SCB3002, SCB3009; SCB3001: a resource could not be scanned.</exception>
    public static async Task<ScannedCluster> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = File.OpenRead(file);
            if (stream.Length > TrivyReportReader.MaximumBytes)
                throw Unusable(file, $"it has {stream.Length / (1024 * 1024)} MB");
            using var document = await JsonDocument.ParseAsync(stream, cancellationToken: cancellationToken);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(nameof(ClusterName), out _))
                throw new DiagnosticException(DiagnosticCodes.ScannerSchemaUnknown, $"Trivy's report on the cluster is of an unknown form: it has no ClusterName. Use another release of Trivy (SupplyChainTrivyPath). The report: {file}");
            var cluster = document.RootElement.Deserialize(ClusterJson.Default.ScannedCluster)!;
            if (cluster.All.Any(resource => resource is null || TrivyReportReader.HasGaps(resource.Results)))
                throw Unusable(file, "a resource, a result or a vulnerability in it has no name, id or version");
            return cluster.All.Where(resource => !string.IsNullOrEmpty(resource.Error)).ToList() is [var broken, ..] all
                ? throw new DiagnosticException(DiagnosticCodes.ScannerFailed, $"Trivy could not scan {all.Count} resources of the cluster, the first is {broken.Place}: {SingleLine.Of(broken.Error, 500)}")
                : cluster;
        }
        catch (FileNotFoundException exception)
        {
            throw Unusable(file, "Trivy ended well but wrote no report", exception);
        }
        catch (JsonException exception)
        {
            throw Unusable(file, $"it is not a whole JSON report ({SingleLine.Of(exception.Message, 300)})", exception);
        }
    }

    private static DiagnosticException Unusable(string file, string why, Exception? cause = null) =>
        new(DiagnosticCodes.ScannerReportUnusable, $"Trivy's report on the cluster cannot be used: {why}. Run it again. The report: {file}", cause);
}

internal sealed record ScannedResource(string Kind, string Name)
{
    public string? Namespace { get; init; }

    public string? Error { get; init; }

    [AllowNull]
    public IReadOnlyList<TrivyResult> Results { get; init => field = value ?? []; } = [];

    /// <summary><c>shop/Deployment/api</c>; without a namespace where it has none.</summary>
    [JsonIgnore]
    public string Place => SingleLine.Of($"{(string.IsNullOrEmpty(Namespace) ? "" : $"{Namespace}/")}{Kind}/{Name}", 300);
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(ScannedCluster))]
internal sealed partial class ClusterJson : JsonSerializerContext;
