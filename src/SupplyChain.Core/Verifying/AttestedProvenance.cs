using System.Text.Json;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Verifying;

/// <summary>What an SLSA provenance says about builder and source.</summary>
/// <param name="Source">Address and commit; null where none is named.</param>
internal sealed record AttestedProvenance(string BuilderId, string? Source, bool Dirty, string? BaseImage)
{
    public string Summary => $"{Source ?? "of an unknown source"}{(Dirty ? " with changes that are not committed" : "")}, built by {BuilderId}{(BaseImage is null ? "" : $", on {BaseImage}")}";

    /// <exception cref="FormatException">Not such a statement, or it names no builder.</exception>
    public static AttestedProvenance Read(ReadOnlyMemory<byte> statement)
    {
        try
        {
            using var document = JsonDocument.Parse(statement, Statement.ReadOptions);
            var predicate = document.RootElement.GetProperty("predicate");
            var builder = predicate.GetProperty("runDetails").GetProperty("builder").GetProperty("id").GetString();
            string? source = null, image = null;
            var dirty = false;
            if (predicate.GetProperty("buildDefinition").TryGetProperty("resolvedDependencies", out var dependencies) && dependencies.ValueKind == JsonValueKind.Array)
            {
                foreach (var dependency in dependencies.EnumerateArray())
                {
                    var (uri, digest) = (Text(dependency, "uri"), dependency.TryGetProperty("digest", out var digests) ? digests : default);
                    if (source is null && digest.ValueKind == JsonValueKind.Object && Text(digest, "gitCommit") is { } commit)
                    {
                        source = $"{uri ?? "git"}@{commit[..Math.Min(7, commit.Length)]}";
                        dirty = dependency.TryGetProperty("annotations", out var annotations) && annotations.ValueKind == JsonValueKind.Object
                            && annotations.TryGetProperty("dirty", out var changed) && changed.ValueKind == JsonValueKind.True;
                    }
                    else if (image is null && uri?.StartsWith("pkg:oci/", StringComparison.Ordinal) == true)
                    {
                        image = Uri.UnescapeDataString(uri);
                    }
                }
            }
            return new AttestedProvenance(builder ?? throw new FormatException("the provenance names no builder"), source, dirty, image);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("the provenance is not of a form that is understood here", exception);
        }
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
