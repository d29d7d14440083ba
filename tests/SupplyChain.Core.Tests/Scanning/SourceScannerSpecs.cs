using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Reports;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tests.Gating;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>With the real trivy: a folder as people write it, and a bill of materials as we publish it.</summary>
public sealed class SourceScannerSpecs : IDisposable
{
    private readonly ScanFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Lock_files_secrets_and_configuration_are_findings_at_their_lines_with_the_same_threshold_and_in_SARIF()
    {
        AdvisoryDatabase.Write(_folder.Cache, SampleAdvisories.All);
        var root = _folder.File("repository");
        Write(root, "Dockerfile", "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nUSER root\n");
        Write(root, "deploy/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: example.com/a:1\n    securityContext: {privileged: true}\n");
        Write(root, "infra/main.tf", "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"x\"\n  acl    = \"public-read\"\n}\n");
        Write(root, "settings.txt", "first\nkey = AKIA" + "IOSFODNN7EXAMPLQ\n");
        Write(root, "bin/Dockerfile", "FROM debian:latest\n");
        Write(root, "packages.lock.json", """{"version":1,"dependencies":{"net10.0":{"Newtonsoft.Json":{"type":"Direct","requested":"[12.0.3, )","resolved":"12.0.3","contentHash":"x"}}}}""");
        // What lies in a repository must not make the gate see less.
        Write(root, ".trivyignore", "KSV017\n");
        Write(root, "trivy.yaml", "severity: [CRITICAL]\n");
        var report = await new SourceScanner(new ToolRunner(), TrivyScannerSpecs.Trivy).ScanFolderAsync(Request() with { InventoryFile = _folder.Request().InventoryFile }, root, Cancellation);

        report.SourceRoot.ShouldBe(root);
        var json = report.Findings.ShouldHaveSingleItem();
        (json.Id, json.Kind).ShouldBe((SampleAdvisories.NewtonsoftJson.Id, FindingKind.NuGet));
        json.Places.Select(place => (place.Source, place.Path)).ShouldBe([("inventory", null), ("sources", "packages.lock.json")], ignoreOrder: true);
        report.Secrets.Select(secret => (secret.Path, secret.Line)).ShouldBe([("settings.txt", 2)]);
        report.Misconfigurations.Select(found => found.Path).Distinct().ShouldBe(["Dockerfile", "deploy/pod.yaml", "infra/main.tf"], ignoreOrder: true);
        report.Misconfigurations.ShouldContain(found => found.Id == "KSV017" && found.Severity == Severity.High && found.Line > 0);

        var context = new GateContext { Now = Samples.Now, Consequence = "the sources do not pass", Waivers = [new Waiver("KSV017", WaiverOrigin.Item, new DateOnly(2027, 1, 1), "a debugging pod") { Package = "deploy/pod.yaml" }] };
        var project = Samples.Inventory with { ProjectFile = Path.Combine(root, "App.csproj"), Packages = [] };
        var verdict = Gate.Evaluate(report, new GatePolicy(SeverityThreshold.High), project, report.Image, context);
        verdict.Passed.ShouldBeFalse();
        var secret = verdict.Blocking.Single(diagnostic => diagnostic.Code == DiagnosticCodes.SecretInSources);
        (secret.File, secret.Line).ShouldBe((Path.Combine(root, "settings.txt"), 2));
        secret.Message.ShouldNotContain("AKIA");
        verdict.Blocking.ShouldContain(diagnostic => diagnostic.Code == DiagnosticCodes.Misconfigured && diagnostic.File == Path.Combine(root, "infra", "main.tf") && diagnostic.Line > 0);
        verdict.Blocking.Where(diagnostic => diagnostic.Code == DiagnosticCodes.Misconfigured).ShouldAllBe(diagnostic => diagnostic.Message.Contains("(High)") || diagnostic.Message.Contains("(Critical)"));
        verdict.Blocking.ShouldNotContain(diagnostic => diagnostic.Message.StartsWith("KSV017", StringComparison.Ordinal));
        var package = verdict.Blocking.Single(diagnostic => diagnostic.Code == DiagnosticCodes.PackageVulnerable);
        package.File.ShouldBe(Path.Combine(root, "packages.lock.json"));
        package.Message.ShouldContain("Raise it to 13.0.1 or later.");
        verdict.Blocking[^1].Message.ShouldMatch("^1 high finding at or above threshold High, 1 secret in the sources and [0-9]+ misconfigurations; the sources do not pass\\.$");
        Gate.Evaluate(report, new GatePolicy(SeverityThreshold.None), project, report.Image, context).Passed.ShouldBeTrue();

        var sarif = new SarifWriter(new ReportInput(report, verdict, new GatePolicy(SeverityThreshold.High), project, new ImageReference(null, "sources"), root, Samples.Now, "1.0.0")).Write();
        File.WriteAllBytes(_folder.File("scan.sarif"), sarif);
        (await JsonSchemas.ErrorsAsync("sarif/sarif-schema-2.1.0.json", [_folder.File("scan.sarif")], Cancellation)).ShouldBe("");
        using var document = System.Text.Json.JsonDocument.Parse(sarif);
        var results = document.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray().ToList();
        var waived = results.Single(result => result.GetProperty("ruleId").GetString() == "KSV017");
        waived.GetProperty("suppressions")[0].GetProperty("justification").GetString()!.ShouldContain("a debugging pod");
        waived.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString().ShouldBe("deploy/pod.yaml");
        System.Text.Encoding.UTF8.GetString(sarif).ShouldNotContain("AKIA");
        Directory.GetFiles(_folder.Output).Select(File.ReadAllText).ShouldAllBe(text => !text.Contains("AKIAIOSFODNN7", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Todays_database_finds_in_a_bill_of_materials_what_was_not_known_when_it_was_made()
    {
        AdvisoryDatabase.Write(_folder.Cache, [SampleAdvisories.NewtonsoftJson]);
        var sbom = _folder.File("sbom.cdx.json");
        File.WriteAllText(sbom, TestImage.Inventory);
        var report = await new SourceScanner(new ToolRunner(), TrivyScannerSpecs.Trivy).ScanSbomAsync(Request(), sbom, Samples.Image, Cancellation);
        report.Image.ShouldBe(Samples.Image);
        var verdict = Gate.Evaluate(report, new GatePolicy(SeverityThreshold.High), Samples.Inventory with { Packages = [] }, Samples.Image, new GateContext { Now = Samples.Now, IsOwnProject = false, Consequence = "publish it anew" });
        verdict.Blocking[0].Message.ShouldContain("CVE-2024-21907");
        verdict.Blocking[0].Message.ShouldContain("publish the image anew");
        verdict.Blocking[0].Message.ShouldNotContain("does not reference");

        File.WriteAllText(sbom, """{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[]}""");
        (await Should.ThrowAsync<DiagnosticException>(() => new SourceScanner(new ToolRunner(), TrivyScannerSpecs.Trivy).ScanSbomAsync(Request(), sbom, Samples.Image, Cancellation)))
            .Diagnostic.Code.ShouldBe(DiagnosticCodes.ScannerReportUnusable);
    }

    private ScanRequest Request() => _folder.Request() with { InventoryFile = null };

    private static void Write(string root, string name, string text)
    {
        var file = Path.Combine(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
