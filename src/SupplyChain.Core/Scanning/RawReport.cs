using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// Puts the scanner's own report among the evidence. Trivy masks a secret that it has found, and not another one in the lines around it, which it shows too:
/// those lines are taken out.
/// </summary>
internal static class RawReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = PlainJsonEncoder.Instance };

    public static async Task KeepAsync(string raw, string destination, TrivyReport report, CancellationToken cancellationToken)
    {
        if (report.Results.All(result => result.Secrets.Count == 0))
        {
            File.Move(raw, destination, overwrite: true);
            return;
        }

        var root = JsonNode.Parse(await File.ReadAllBytesAsync(raw, cancellationToken))!;
        foreach (var secret in root["Results"]!.AsArray().SelectMany(result => result!["Secrets"] as JsonArray ?? []).OfType<JsonObject>())
        {
            secret.Remove("Code");
            secret.Remove("Match");
        }

        await File.WriteAllTextAsync(destination, root.ToJsonString(Indented), cancellationToken);
        File.Delete(raw);
    }
}
