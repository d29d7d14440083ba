using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>With the real trivy, on small images.</summary>
public sealed class TrivyScannerSpecs : IDisposable
{
    private static readonly DateTimeOffset DatabaseTime = new(2026, 11, 23, 6, 0, 0, TimeSpan.Zero);
    private static readonly DebianAdvisory OldOpenSsl = new("CVE-2024-0727", "openssl", Severity.Low, "openssl: denial of service via null dereference", DebianStatus.Fixed, "3.0.13-1~deb12u1");

    private readonly ScanFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal static Tool Trivy { get; } = new("trivy", Toolchain.Require("trivy"), "the test");

    public TrivyScannerSpecs() => AdvisoryDatabase.Write(_folder.Cache, [SampleAdvisories.NewtonsoftJson, OldOpenSsl, SampleAdvisories.Zlib], DatabaseTime);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_image_and_the_inventory_are_scanned_and_nothing_is_left_out()
    {
        var request = _folder.Request();
        var report = await ScanAsync(request);
        report.Image.ShouldBe((await request.Image).Root.Digest);
        report.DatabaseUpdatedAt.ShouldBe(DatabaseTime);
        report.Findings.Select(finding => (finding.Id, finding.Severity, finding.Kind, finding.Package, finding.Version, finding.FixedVersion, finding.Status)).ShouldBe(
        [
            ("CVE-2023-45853", Severity.Critical, FindingKind.OperatingSystem, "zlib1g", "1:1.2.13.dfsg-1", null, "will_not_fix"),
            ("CVE-2024-21907", Severity.High, FindingKind.NuGet, "Newtonsoft.Json", "12.0.3", "13.0.1", "fixed"),
            ("CVE-2024-0727", Severity.Low, FindingKind.OperatingSystem, "libssl3", "3.0.11-1~deb12u2", "3.0.13-1~deb12u1", "fixed"),
        ]);
        var layers = (await request.Image).Platforms[0].Layers;
        report.Findings[0].Places.ShouldBe([new FindingPlace("linux/amd64", layers[0].Digest.ToString(), null)]);
        report.Findings[1].Places.ShouldBe([new FindingPlace("linux/amd64", layers[1].Digest.ToString(), "app/Hello.deps.json"), new FindingPlace(null, null, null)]);
    }

    [Fact]
    public async Task The_packages_of_the_system_come_with_their_source_and_layer()
    {
        var request = _folder.Request();
        var platform = (await ScanAsync(request)).Platforms.ShouldHaveSingleItem();
        platform.Manifest.ShouldBe((await request.Image).Platforms[0].Manifest.Digest);
        platform.OperatingSystem.ShouldBe(new OperatingSystemRelease("debian", "12.5", false));
        platform.Packages.Select(package => package.Name).ShouldBe(["libssl3", "zlib1g"]);
        var zlib = platform.Packages[1];
        (zlib.Version, zlib.SourceName, zlib.SourceVersion, zlib.Architecture, zlib.Type).ShouldBe(("1:1.2.13.dfsg-1", "zlib", "1:1.2.13.dfsg-1", "amd64", "debian"));
        zlib.Parts.ShouldBe(new VersionParts("1.2.13.dfsg", "1", 1));
        zlib.Purl.ShouldBe("pkg:deb/debian/zlib1g@1.2.13.dfsg-1?arch=amd64&distro=debian-12.5&epoch=1");
        zlib.LayerDigest.ShouldBe((await request.Image).Platforms[0].Layers[0].Digest.ToString());
        platform.Packages[0].SourceName.ShouldBe("openssl");
        platform.Libraries.Select(library => (library.Name, library.Version, library.Path)).ShouldBe([("Hello", "1.0.0", "app/Hello.deps.json"), ("Newtonsoft.Json", "12.0.3", "app/Hello.deps.json")]);
    }

    [Fact]
    public async Task Each_platform_is_scanned_on_its_own_bytes()
    {
        // The arm64 image has a good zlib and an application without the package.
        var request = _folder.Request(
            (ScanFolder.Amd64, [TestImage.Debian(), TestImage.Application()]),
            (ScanFolder.Arm64, [TestImage.Debian("arm64"), TestImage.Application(TestImage.Deps.Replace("12.0.3", "13.0.3"))]));
        var report = await ScanAsync(request);
        report.Platforms.Select(platform => platform.Platform).ShouldBe(["linux/amd64", "linux/arm64/v8"]);
        report.Findings.Single(finding => finding.Id == SampleAdvisories.Zlib.Id).Places.Select(place => place.Platform).ShouldBe(["linux/amd64", "linux/arm64/v8"]);
        report.Findings.Single(finding => finding.Kind is FindingKind.NuGet).Places.Select(place => place.Platform).ShouldBe(["linux/amd64", null]);
        Directory.GetFiles(_folder.Output).Select(Path.GetFileName).Order().ShouldBe(["scan.inventory.trivy.json", "scan.linux-amd64.trivy.json", "scan.linux-arm64-v8.trivy.json"]);
    }

    public static TheoryData<string, string> HidingVariables => new()
    {
        { "TRIVY_SEVERITY", "LOW" }, { "TRIVY_IGNORE_UNFIXED", "true" }, { "TRIVY_IGNOREFILE", "{folder}/ignore" }, { "TRIVY_FORMAT", "table" },
        { "TRIVY_OUTPUT", "{folder}/elsewhere" }, { "TRIVY_PKG_TYPES", "library" }, { "TRIVY_SKIP_FILES", "**/*.deps.json,**/status" }, { "TRIVY_SKIP_DIRS", "app,var" },
        { "TRIVY_IGNORE_STATUS", "will_not_fix,fixed" }, { "TRIVY_IGNORE_POLICY", "{folder}/policy.rego" }, { "TRIVY_SCANNERS", "license" }, { "TRIVY_EXIT_CODE", "7" },
        { "TRIVY_CONFIG", "{folder}/trivy.yaml" }, { "TRIVY_VEX", "{folder}/vex.json" }, { "TRIVY_PKG_RELATIONSHIPS", "root" }, { "TRIVY_DISTRO", "alpine/3.20" },
        { "TRIVY_TEMPLATE", "x" }, { "TRIVY_SERVER", "http://127.0.0.1:1" }, { "TRIVY_TIMEOUT", "1ns" }, { "TRIVY_COMPLIANCE", "docker-cis-1.6.0" },
    };

    [Theory]
    [MemberData(nameof(HidingVariables))]
    public async Task A_variable_that_hides_findings_hides_none_from_the_gate(string name, string value)
    {
        var expected = await ScanAsync(_folder.Request());
        WriteHidingFiles(_folder.File(""));
        var build = ScanFolder.Environment();
        build[name] = value.Replace("{folder}", _folder.File("").TrimEnd('/'));
        var request = _folder.Request() with { Environment = build };

        var report = await new TrivyScanner(new PollutedRunner(build), Trivy).ScanAsync(request, Cancellation);

        report.Findings.Count.ShouldBe(3);
        report.Findings.Select(finding => finding.Id).ShouldBe(expected.Findings.Select(finding => finding.Id));
        Gate.Evaluate(report, new GatePolicy(SeverityThreshold.High), new("Hello", "1", "/Hello.csproj", "net10.0", []), (await request.Image).Root.Digest).Passed.ShouldBeFalse();
    }

    [Fact]
    public async Task Without_that_care_such_a_variable_does_hide_findings()
    {
        var request = _folder.Request();
        await ScanAsync(request);
        var view = Path.Combine(_folder.Work, "trivy", "linux-amd64", "view");
        var output = _folder.File("control.json");
        var build = new Dictionary<string, string> { ["TRIVY_SEVERITY"] = "LOW" };
        await new PollutedRunner(build).RunAsync(
            new ToolInvocation(Trivy, ["image", "--input", view, "--format", "json", "--output", output, "--skip-db-update", "--offline-scan", "--scanners", "vuln", "--cache-dir", _folder.Cache]), Cancellation);
        File.ReadAllText(output).ShouldNotContain("CVE-2024-21907");
    }

    [Fact]
    public async Task Settings_files_beside_the_work_hide_nothing()
    {
        var request = _folder.Request();
        WriteHidingFiles(Directory.CreateDirectory(_folder.Work).FullName);
        WriteHidingFiles(Directory.CreateDirectory(Path.Combine(_folder.Work, "trivy", "no-modules")).FullName);
        (await ScanAsync(request)).Findings.Count.ShouldBe(3);
    }

    [Fact]
    public async Task The_scanner_gets_none_of_the_builds_secrets()
    {
        var build = ScanFolder.Environment();
        build["COSIGN_PASSWORD"] = build["GITHUB_TOKEN"] = build["TRIVY_PASSWORD"] = build["HTTPS_PROXY"] = "secret";
        var runner = new RecordingRunner();
        await new TrivyScanner(runner, Trivy).ScanAsync(_folder.Request() with { Environment = build }, Cancellation);
        runner.Invocations.Count.ShouldBe(3, "the image, the inventory, the version");
        foreach (var invocation in runner.Invocations)
        {
            foreach (var name in (string[])["COSIGN_PASSWORD", "GITHUB_TOKEN", "TRIVY_PASSWORD", "HTTPS_PROXY"])
                (invocation.Environment.TryGetValue(name, out var value) && value is null).ShouldBeTrue($"{name} is removed");
            invocation.Environment["PATH"].ShouldBe(build["PATH"]);
        }
    }

    [Fact]
    public async Task The_users_own_cache_folder_is_used()
    {
        var build = ScanFolder.Environment();
        build["TRIVY_CACHE_DIR"] = _folder.Cache;
        (await ScanAsync(_folder.Request() with { CacheDirectory = null, Environment = build })).Findings.Count.ShouldBe(3);
        Directory.Exists(Path.Combine(_folder.Cache, "fanal")).ShouldBeFalse("Trivy's own scan cache is locked per process and must not be touched");
    }

    [Fact]
    public async Task Ten_projects_that_scan_at_the_same_time_on_one_cache_do_not_collide()
    {
        using var others = new Disposables();
        var requests = Enumerable.Range(0, 10).Select(_ => others.Add(new ScanFolder())).Select(folder => folder.Request() with { CacheDirectory = _folder.Cache }).ToList();
        for (var round = 0; round < 2; round++)
        {
            var reports = await Task.WhenAll(requests.Take(round == 0 ? 10 : 3).Select(ScanAsync));
            reports.ShouldAllBe(report => report.Findings.Count == 3);
        }
    }

    [Fact]
    public async Task What_was_learned_about_layers_is_there_for_the_next_project()
    {
        await ScanAsync(_folder.Request());
        File.Exists(Path.Combine(_folder.Cache, "supplychain", "layers-linux-amd64.db")).ShouldBeTrue();

        using var other = new ScanFolder();
        var request = other.Request() with { CacheDirectory = _folder.Cache };
        // Proof that trivy does not read a layer it knows: there is none.
        foreach (var layer in (await request.Image).Platforms[0].Layers)
            File.Delete((await request.Image).BlobPath(layer.Digest));
        (await ScanAsync(request)).Findings.Count.ShouldBe(3);
        Directory.GetFiles(Path.Combine(_folder.Cache, "supplychain"), "layers-*").Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_damaged_scan_cache_is_forgotten()
    {
        var learned = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.Cache, "supplychain")).FullName, "layers-linux-amd64.db");
        await File.WriteAllTextAsync(learned, new string('x', 100_000), Cancellation);
        (await ScanAsync(_folder.Request())).Findings.Count.ShouldBe(3);
        (await File.ReadAllTextAsync(learned, Cancellation)).ShouldNotStartWith("xxx");
    }

    [Fact]
    public async Task A_broken_database_fails_the_scan_with_the_scanners_last_lines()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Database, "trivy.db"), new string('x', 100_000), Cancellation);
        var diagnostic = (await Should.ThrowAsync<DiagnosticException>(() => ScanAsync(_folder.Request()))).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.ScannerFailed);
    }

    private static Task<ScanReport> ScanAsync(ScanRequest request) => new TrivyScanner(new ToolRunner(), Trivy).ScanAsync(request, Cancellation);

    private static void WriteHidingFiles(string folder)
    {
        const string ids = "CVE-2023-45853\nCVE-2024-21907\nCVE-2024-0727\n";
        File.WriteAllText(Path.Combine(folder, "ignore"), ids);
        File.WriteAllText(Path.Combine(folder, ".trivyignore"), ids);
        File.WriteAllText(Path.Combine(folder, "trivy.yaml"), "severity:\n  - LOW\nvulnerability:\n  ignore-unfixed: true\n");
        File.WriteAllText(Path.Combine(folder, "policy.rego"), "package trivy\n\ndefault ignore = true\n");
        File.WriteAllText(
            Path.Combine(folder, "vex.json"),
            """{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.com/vex","author":"x","timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[{"vulnerability":{"name":"CVE-2024-21907"},"products":[{"@id":"pkg:nuget/Newtonsoft.Json@12.0.3"}],"status":"not_affected","justification":"vulnerable_code_not_in_execute_path"}]}""");
    }

    /// <summary>Runs the real tool as if the build itself had these variables set.</summary>
    private sealed class PollutedRunner(IReadOnlyDictionary<string, string> build) : IToolRunner
    {
        public Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            var all = build.Where(variable => variable.Key.StartsWith("TRIVY_", StringComparison.Ordinal)).ToDictionary(variable => variable.Key, variable => (string?)variable.Value);
            foreach (var (name, value) in invocation.Environment)
                all[name] = value;
            return new ToolRunner().RunAsync(invocation with { Environment = all }, cancellationToken);
        }
    }

    private sealed class RecordingRunner : IToolRunner
    {
        public List<ToolInvocation> Invocations { get; } = [];

        public Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            lock (Invocations)
                Invocations.Add(invocation);
            return new ToolRunner().RunAsync(invocation, cancellationToken);
        }
    }

    private sealed class Disposables : IDisposable
    {
        private readonly List<IDisposable> _all = [];

        public T Add<T>(T item) where T : IDisposable
        {
            _all.Add(item);
            return item;
        }

        public void Dispose() => _all.ForEach(item => item.Dispose());
    }

    [Fact]
    public async Task The_inventory_is_scanned_while_the_image_is_still_being_built()
    {
        var ready = _folder.Request();
        var image = new TaskCompletionSource<ImageLayout>();
        var scan = new TrivyScanner(new ToolRunner(), Trivy).ScanAsync(ready with { Image = image.Task }, Cancellation);
        var inventoryReport = Path.Combine(ready.OutputDirectory, "scan.inventory.trivy.json");
        await Eventually.UntilAsync(() => File.Exists(inventoryReport) || scan.IsCompleted, inventoryReport, Cancellation);
        scan.IsCompleted.ShouldBeFalse("the image is not there yet");
        image.SetResult(await ready.Image);
        (await scan).Image.ShouldBe((await ready.Image).Root.Digest);
    }
}
