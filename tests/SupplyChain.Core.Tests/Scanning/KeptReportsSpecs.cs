using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>With the real trivy, on small images: when an earlier scan is taken, and when not.</summary>
public sealed class KeptReportsSpecs : IDisposable
{
    private readonly ScanFolder _folder = new();
    private readonly CountingRunner _runner = new();
    private readonly MovedClock _clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public KeptReportsSpecs() => AdvisoryDatabase.Write(_folder.Cache, [SampleAdvisories.NewtonsoftJson, SampleAdvisories.Zlib], new DateTimeOffset(2026, 11, 23, 6, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_same_image_is_not_scanned_twice_and_the_report_and_its_times_are_those_of_the_scan()
    {
        var first = await ScanAsync(_folder.Request());
        var raw = File.ReadAllBytes(Path.Combine(_folder.Output, "scan.linux-amd64.trivy.json"));
        Directory.Delete(_folder.Output, recursive: true);
        _clock.Ahead = TimeSpan.FromHours(23);

        var second = await ScanAsync(_folder.Request());

        _runner.Scans.ShouldBe(2); // the image and the inventory, once each
        (first.IsKept, second.IsKept).ShouldBe((false, true));
        second.Times.ShouldBe(first.Times);
        Text(second).ShouldBe(Text(first));
        File.ReadAllBytes(Path.Combine(_folder.Output, "scan.linux-amd64.trivy.json")).ShouldBe(raw);
        File.Exists(Path.Combine(_folder.Output, "scan.inventory.trivy.json")).ShouldBeTrue();
    }

    [Fact]
    public async Task Of_a_changed_application_only_the_image_is_scanned_again()
    {
        await ScanAsync(_folder.Request());
        var changed = _folder.Request((ScanFolder.Amd64, [TestImage.Debian(), TestImage.Application(TestImage.Deps.Replace("1.0.0", "1.0.1"))]));
        (await ScanAsync(changed)).IsKept.ShouldBeFalse();
        _runner.Scans.ShouldBe(3);
    }

    public static TheoryData<string> Differences => ["age", "clock set back", "database", "secrets", "scanner", "inventory", "report changed", "note cut off", "report gone", "switched off"];

    [Theory]
    [MemberData(nameof(Differences))]
    public async Task What_may_have_become_different_is_scanned_again(string what)
    {
        await ScanAsync(_folder.Request());
        var request = _folder.Request();
        var kept = _folder.File("kept");
        var hours = 24;
        switch (what)
        {
            case "age":
                _clock.Ahead = TimeSpan.FromHours(25);
                break;
            case "clock set back":
                _clock.Ahead = TimeSpan.FromHours(-1);
                break;
            case "database":
                AdvisoryDatabase.Write(_folder.Cache, [SampleAdvisories.NewtonsoftJson], new DateTimeOffset(2026, 11, 23, 6, 0, 0, TimeSpan.Zero));
                break;
            case "secrets":
                request = request with { Secrets = true };
                break;
            case "scanner":
                File.Copy(_runner.Trivy.Path, _folder.File("trivy"));
                _runner.Trivy = _runner.Trivy with { Path = _folder.File("trivy") };
                break;
            case "inventory":
                File.AppendAllText(request.InventoryFile!, "\n");
                break;
            case "report changed":
                File.WriteAllText(Path.Combine(kept, "linux-amd64.json"), File.ReadAllText(Path.Combine(kept, "linux-amd64.json")).Replace("CVE-2023-45853", "CVE-2023-00000"));
                break;
            case "note cut off":
                File.WriteAllText(Path.Combine(kept, "linux-amd64.txt"), File.ReadAllText(Path.Combine(kept, "linux-amd64.txt"))[..80]);
                break;
            case "report gone":
                File.Delete(Path.Combine(kept, "linux-amd64.json"));
                break;
            case "switched off":
                hours = 0;
                break;
        }

        var report = await ScanAsync(request, hours);

        report.IsKept.ShouldBeFalse();
        _runner.Scans.ShouldBeGreaterThan(2);
        report.Findings.Count.ShouldBe(what == "database" ? 1 : 2);
    }

    [Fact]
    public async Task A_report_that_shows_a_secret_is_not_kept()
    {
        var image = TestImage.Application();
        image["app/settings.json"] = """{"key":"AKIAIOSFODNN7EXAMPLE","aws_secret_access_key":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}""";
        image["app/id_rsa"] = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgwMbRvI0MBZhpJ\n-----END RSA PRIVATE KEY-----\n";
        (await ScanAsync(_folder.Request((ScanFolder.Amd64, [TestImage.Debian(), image])) with { Secrets = true })).Secrets.ShouldNotBeEmpty();
        Directory.GetFiles(_folder.File("kept")).Select(Path.GetFileName).ShouldAllBe(name => name!.StartsWith("inventory"));
    }

    private Task<ScanReport> ScanAsync(ScanRequest request, int hours = 24) => new TrivyScanner(_runner, _runner.Trivy, _clock)
        .ScanAsync(request with { Kept = new KeptReports(_folder.File("kept"), TimeSpan.FromHours(hours), _runner.Trivy, _clock) }, Cancellation);

    private static string Text(ScanReport report) => JsonSerializer.Serialize(report, ScanJson.Indented.ScanReport);

    private sealed class CountingRunner : IToolRunner
    {
        private int _scans;

        public Tool Trivy { get; set; } = TrivyScannerSpecs.Trivy;

        public int Scans => _scans;

        public Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            if (invocation.Arguments[0] != "--version")
                Interlocked.Increment(ref _scans);
            return new ToolRunner().RunAsync(invocation, cancellationToken);
        }
    }

    private sealed class MovedClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}
