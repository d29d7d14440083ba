using System.Globalization;
using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Reports;

/// <summary>
/// SARIF 2.1.0 (OASIS, errata 01). One rule a vulnerability, one result a finding, at the line that has to change. What does not block is there too, with the
/// suppression that lets it through or as a note, so that a viewer shows the same as the gate saw.
/// </summary>
internal sealed class SarifWriter(ReportInput input)
{
    private const string Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
    private const string Home = "https://github.com/SupplyChain-Build/SupplyChain.Build";

    private readonly Fingerprints _fingerprints = new();
    private readonly List<string> _rules = [.. input.Verdict.Findings.Select(one => one.Finding.Id).Concat(input.Verdict.Secrets.Select(secret => secret.Rule)).Concat(input.Verdict.Misconfigurations.Select(one => one.Found.Id)).Distinct(StringComparer.Ordinal)];

    public byte[] Write()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("$schema", Schema);
            json.WriteString("version", "2.1.0");
            json.WriteStartArray("runs");
            json.WriteStartObject();
            Tool(json);
            json.WriteString("columnKind", "utf16CodeUnits");
            Invocation(json);
            json.WriteStartArray("results");
            foreach (var judged in input.Verdict.Findings)
                Result(json, judged);
            foreach (var secret in input.Verdict.Secrets)
                Result(json, secret);
            foreach (var misconfiguration in input.Verdict.Misconfigurations)
                Result(json, misconfiguration);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private void Tool(Utf8JsonWriter json)
    {
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "SupplyChain.Build");
        json.WriteString("version", input.ToolVersion);
        json.WriteString("informationUri", Home);
        json.WriteStartArray("rules");
        var findings = input.Verdict.Findings.GroupBy(one => one.Finding.Id, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().Finding);
        var secrets = input.Verdict.Secrets.GroupBy(secret => secret.Rule, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First());
        var settings = input.Verdict.Misconfigurations.GroupBy(one => one.Found.Id, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().Found);
        foreach (var rule in _rules)
        {
            if (findings.TryGetValue(rule, out var finding))
                Rule(json, rule, finding.Title ?? $"{rule} in {finding.Package}", Words.Address(finding) ?? DiagnosticCodes.PackageVulnerable.HelpLink, finding.Score ?? Score(finding.Severity), "vulnerability");
            else if (settings.TryGetValue(rule, out var setting))
                Rule(json, rule, setting.Title.Length > 0 ? setting.Title : rule, Uri.TryCreate(setting.Url, UriKind.Absolute, out var url) && url.Scheme == "https" ? url.AbsoluteUri : DiagnosticCodes.Misconfigured.HelpLink, Score(setting.Severity), "misconfiguration");
            else
                Rule(json, rule, secrets[rule].Title.Length > 0 ? secrets[rule].Title : rule, DiagnosticCodes.SecretInImage.HelpLink, Score(Severity.Critical), "secret");
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Rule(Utf8JsonWriter json, string id, string text, string help, double score, string tag)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        Text(json, "shortDescription", text);
        json.WriteString("helpUri", help);
        json.WriteStartObject("properties");
        // A text: GitHub reads it so.
        json.WriteString("security-severity", score.ToString("0.0", CultureInfo.InvariantCulture));
        json.WriteStartArray("tags");
        json.WriteStringValue("security");
        json.WriteStringValue(tag);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>What is said about the scan or the waivers and not about a finding.</summary>
    private void Invocation(Utf8JsonWriter json)
    {
        var notifications = input.Verdict.Blocking.Where(diagnostic => !IsResult(diagnostic)).Concat(input.Verdict.Warnings).ToList();
        json.WriteStartArray("invocations");
        json.WriteStartObject();
        json.WriteBoolean("executionSuccessful", true);
        json.WriteString("endTimeUtc", input.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteStartArray("toolConfigurationNotifications");
        foreach (var notification in notifications)
        {
            json.WriteStartObject();
            json.WriteStartObject("descriptor");
            json.WriteString("id", notification.Code.ToString());
            json.WriteEndObject();
            json.WriteString("level", notification.Severity is DiagnosticSeverity.Error ? "error" : "warning");
            Text(json, "message", notification.Message);
            json.WriteStartArray("locations");
            Location(json, notification.File, notification.Line, null, null);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>Said by a result, or the sum of them.</summary>
    private static bool IsResult(Diagnostic diagnostic) =>
        diagnostic.Code == DiagnosticCodes.GateFailed || diagnostic.Code == DiagnosticCodes.PackageVulnerable || diagnostic.Code == DiagnosticCodes.BaseImageVulnerable || diagnostic.Code == DiagnosticCodes.SecretInImage
        || diagnostic.Code == DiagnosticCodes.SecretInSources || diagnostic.Code == DiagnosticCodes.Misconfigured;

    private void Result(Utf8JsonWriter json, JudgedFinding judged)
    {
        var finding = judged.Finding;
        var level = judged.Decision is Decision.Blocks ? "error" : finding.Severity >= Severity.High ? "warning" : "note";
        Begin(json, finding.Id, level, $"{judged.Statement} {judged.Advice}".Trim(), judged.File, judged.Line, finding.Package, PurlPattern.PurlOf(finding), _fingerprints.Of(judged));
        if (judged.Decision is not (Decision.Blocks or Decision.BelowThreshold))
            Suppression(json, judged.Because is null ? Words.Of(judged.Decision) : $"{Words.Of(judged.Decision)}: {judged.Because}");

        json.WriteStartObject("properties");
        json.WriteString("decision", Words.Of(judged.Decision));
        json.WriteString("severity", finding.Severity.ToString());
        json.WriteString("version", finding.Version);
        if (finding.FixedVersion is { } fix)
            json.WriteString("fixedVersion", fix);
        json.WriteString("seenIn", Words.Of(finding.Places));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void Result(Utf8JsonWriter json, JudgedMisconfiguration judged)
    {
        var found = judged.Found;
        var level = judged.Decision is Decision.Blocks ? "error" : found.Severity >= Severity.High ? "warning" : "note";
        Begin(json, found.Id, level, found.Message.Length > 0 ? found.Message : found.Id, judged.File, found.Line, found.Path, null, _fingerprints.Of(judged));
        if (judged.Decision is Decision.Waived)
            Suppression(json, $"{Words.Of(judged.Decision)}: {judged.Because}");
        json.WriteEndObject();
    }

    private void Result(Utf8JsonWriter json, SecretFinding secret)
    {
        var line = secret.Line > 0 ? FormattableString.Invariant($":{secret.Line}") : "";
        if (input.Report.SourceRoot is { } root)
            Begin(json, secret.Rule, "error", $"A secret stands here (rule {secret.Rule}).", Path.GetFullPath(secret.Path, root), secret.Line, secret.Path, null, _fingerprints.Of(secret));
        else
            Begin(json, secret.Rule, "error", $"/{secret.Path.TrimStart('/')}{line} in the image holds a secret (rule {secret.Rule}).", null, 0, secret.Path, null, _fingerprints.Of(secret));
        json.WriteEndObject();
    }

    private static void Suppression(Utf8JsonWriter json, string justification)
    {
        json.WriteStartArray("suppressions");
        json.WriteStartObject();
        json.WriteString("kind", "external");
        json.WriteString("status", "accepted");
        json.WriteString("justification", justification);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void Begin(Utf8JsonWriter json, string rule, string level, string message, string? file, int line, string name, string? qualifiedName, string fingerprint)
    {
        json.WriteStartObject();
        json.WriteString("ruleId", rule);
        json.WriteNumber("ruleIndex", _rules.IndexOf(rule));
        json.WriteString("level", level);
        Text(json, "message", message);
        json.WriteStartArray("locations");
        Location(json, file, line, name, qualifiedName);
        json.WriteEndArray();
        json.WriteStartObject("partialFingerprints");
        json.WriteString("supplyChainFinding/v1", fingerprint);
        json.WriteEndObject();
    }

    private void Location(Utf8JsonWriter json, string? file, int line, string? name, string? qualifiedName)
    {
        json.WriteStartObject();
        json.WriteStartObject("physicalLocation");
        json.WriteStartObject("artifactLocation");
        if (input.Relative(file) is { } relative)
        {
            json.WriteString("uri", string.Join('/', relative.Split('/').Select(Uri.EscapeDataString)));
            json.WriteString("uriBaseId", "SRCROOT");
        }
        else
            json.WriteString("uri", new Uri(file ?? input.Inventory.ProjectFile).AbsoluteUri);

        json.WriteEndObject();
        json.WriteStartObject("region");
        json.WriteNumber("startLine", Math.Max(1, line));
        json.WriteEndObject();
        json.WriteEndObject();
        if (name is not null)
        {
            json.WriteStartArray("logicalLocations");
            json.WriteStartObject();
            json.WriteString("name", name);
            if (qualifiedName is not null)
                json.WriteString("fullyQualifiedName", qualifiedName);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string text)
    {
        json.WriteStartObject(name);
        json.WriteString("text", text);
        json.WriteEndObject();
    }

    /// <summary>Where no score is known: the middle of the severity's range (CVSS 3.1, section 5).</summary>
    private static double Score(Severity severity) => severity switch
    {
        Severity.Critical => 9.5,
        Severity.High => 8.0,
        Severity.Medium => 5.5,
        Severity.Low => 2.0,
        _ => 0.1,
    };
}
