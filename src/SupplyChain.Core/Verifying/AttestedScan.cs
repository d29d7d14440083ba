using System.Text.Json;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Verifying;

/// <summary>The findings of an attested scan result (cosign vuln/v1 whose result has the shape of a Trivy report).</summary>
internal sealed record AttestedScan(string Scanner, string Database, IReadOnlyList<AttestedFinding> Findings)
{
    public string Summary
    {
        get
        {
            var counts = Findings.CountBy(finding => finding.Severity).ToDictionary();
            int Of(Severity severity) => counts.GetValueOrDefault(severity);
            var lower = Of(Severity.Medium) + Of(Severity.Low) + Of(Severity.Unknown);
            return $"{Of(Severity.Critical)} critical, {Of(Severity.High)} high, {lower} lower ({Scanner}{(Database.Length == 0 ? "" : $", database of {Database}")})";
        }
    }

    /// <exception cref="FormatException">Not such a statement: what cannot be read has no findings, and must not look as if it had none.</exception>
    public static AttestedScan Read(ReadOnlyMemory<byte> statement)
    {
        try
        {
            using var document = JsonDocument.Parse(statement, Statement.ReadOptions);
            var scanner = document.RootElement.GetProperty("predicate").GetProperty("scanner");
            var findings = new List<AttestedFinding>();
            foreach (var result in scanner.GetProperty("result").GetProperty("Results").EnumerateArray())
            {
                if (!result.TryGetProperty("Vulnerabilities", out var vulnerabilities) || vulnerabilities.ValueKind != JsonValueKind.Array)
                    continue;
                foreach (var vulnerability in vulnerabilities.EnumerateArray())
                    findings.Add(new AttestedFinding(
                        Text(vulnerability, "VulnerabilityID"),
                        $"{Text(vulnerability, "PkgName")} {Text(vulnerability, "InstalledVersion")}",
                        Enum.TryParse<Severity>(Text(vulnerability, "Severity"), ignoreCase: true, out var severity) && Enum.IsDefined(severity) ? severity : Severity.Unknown,
                        Text(vulnerability, "FixedVersion").Length > 0));
            }
            var uri = Text(scanner, "uri").Split('/')[^1].Replace('@', ' ');
            var database = scanner.TryGetProperty("db", out var db) && db.ValueKind == JsonValueKind.Object ? Text(db, "version") : "";
            return new AttestedScan(uri, database, findings);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("the attested scan result has no list of findings that is understood here", exception);
        }
    }

    private static string Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}

/// <param name="Package">Name and version.</param>
internal sealed record AttestedFinding(string Id, string Package, Severity Severity, bool HasFix);
