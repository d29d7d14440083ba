using System.Globalization;
using System.Text.Json;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Reports;

/// <summary>The two reports that GitLab shows in a merge request: code quality (Code Climate's format) and container scanning (security report schema 15).</summary>
internal static class GitLabReports
{
    public static byte[] CodeQuality(ReportInput input) => Write(json =>
    {
        var fingerprints = new Fingerprints();
        json.WriteStartArray();
        foreach (var judged in input.Verdict.Findings)
        {
            var fingerprint = fingerprints.Of(judged);
            if (judged.Decision is not (Decision.Blocks or Decision.BelowThreshold))
                continue;
            Issue(json, $"{judged.Statement} {judged.Advice}".Trim(), judged.Finding.Id, fingerprint, judged.Decision is Decision.Blocks ? "blocker" : Level(judged.Finding.Severity), input.Relative(judged.File), judged.Line);
        }

        foreach (var secret in input.Verdict.Secrets)
            Issue(json, $"/{secret.Path.TrimStart('/')} in the image holds a secret (rule {secret.Rule}).", secret.Rule, fingerprints.Of(secret), "blocker", input.Relative(null), 0);
        json.WriteEndArray();
    });

    public static byte[] ContainerScanning(ReportInput input) => Write(json =>
    {
        var fingerprints = new Fingerprints();
        var system = input.Report.Platforms.Select(platform => platform.OperatingSystem).FirstOrDefault(release => release is not null);
        var time = input.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        json.WriteStartObject();
        json.WriteString("version", "15.0.7");
        json.WriteStartObject("scan");
        Tool(json, "analyzer", "supplychain-build", "SupplyChain.Build", input.ToolVersion);
        Tool(json, "scanner", input.Report.Scanner.ToLowerInvariant(), input.Report.Scanner, input.Report.ScannerVersion);
        json.WriteString("type", "container_scanning");
        json.WriteString("start_time", time);
        json.WriteString("end_time", time);
        json.WriteString("status", "success");
        json.WriteEndObject();
        json.WriteStartArray("vulnerabilities");
        foreach (var judged in input.Verdict.Findings)
        {
            var fingerprint = fingerprints.Of(judged);
            if (judged.Decision is Decision.Blocks or Decision.BelowThreshold or Decision.Unfixed or Decision.GracePeriod)
                Vulnerability(json, judged, fingerprint, input.Image.ToString(), system is null ? "unknown" : $"{system.Family} {system.Name}");
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void Vulnerability(Utf8JsonWriter json, JudgedFinding judged, string fingerprint, string image, string system)
    {
        var finding = judged.Finding;
        json.WriteStartObject();
        json.WriteString("id", fingerprint);
        json.WriteString("name", $"{finding.Id} in {finding.Package}");
        json.WriteString("description", finding.Title ?? judged.Statement);
        json.WriteString("severity", finding.Severity.ToString());
        json.WriteString("solution", judged.Advice);
        json.WriteStartArray("identifiers");
        foreach (var id in finding.Aliases.Prepend(finding.Id))
        {
            json.WriteStartObject();
            json.WriteString("type", id.Split('-')[0].ToLowerInvariant());
            json.WriteString("name", id);
            json.WriteString("value", id);
            if (id == finding.Id && Words.Address(finding) is { } url)
                json.WriteString("url", url);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("location");
        json.WriteStartObject("dependency");
        json.WriteStartObject("package");
        json.WriteString("name", finding.Package);
        json.WriteEndObject();
        json.WriteString("version", finding.Version);
        json.WriteEndObject();
        json.WriteString("operating_system", system);
        json.WriteString("image", image);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Issue(Utf8JsonWriter json, string text, string check, string fingerprint, string severity, string? path, int line)
    {
        json.WriteStartObject();
        json.WriteString("description", text);
        json.WriteString("check_name", check);
        json.WriteString("fingerprint", fingerprint);
        json.WriteString("severity", severity);
        json.WriteStartObject("location");
        json.WriteString("path", path ?? "unknown");
        json.WriteStartObject("lines");
        json.WriteNumber("begin", Math.Max(1, line));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Tool(Utf8JsonWriter json, string part, string id, string name, string version)
    {
        json.WriteStartObject(part);
        json.WriteString("id", id);
        json.WriteString("name", name);
        json.WriteString("version", version);
        json.WriteStartObject("vendor");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Level(Severity severity) => severity switch
    {
        Severity.Critical => "critical",
        Severity.High => "major",
        Severity.Medium => "minor",
        _ => "info",
    };

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
            write(json);
        return stream.ToArray();
    }
}
