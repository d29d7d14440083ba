using System.Text;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Gating;
using SupplyChain.Core.Tests.Scanning;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>With the real trivy, and a registry whose tag moves.</summary>
public sealed class NewerBaseImageSpecs : IAsyncLifetime
{
    private readonly ScanFolder _folder = new();
    private readonly TestRegistry _registry = new();
    private readonly HttpClient _http = RegistryHttp.CreateClient();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        AdvisoryDatabase.Write(_folder.Cache, [SampleAdvisories.PerlHardLinks]);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _registry.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_blocking_finding_says_whether_the_newest_base_image_has_the_fix()
    {
        var request = _folder.Request((ScanFolder.Amd64, [Base("5.36.0-7+deb12u3"), TestImage.Application()])) with { InventoryFile = null };
        var image = await request.Image;
        var report = await new TrivyScanner(new ToolRunner(), TrivyScannerSpecs.Trivy).ScanAsync(request, Cancellation);

        async Task<(BaseImageNews? News, string Message)> AskAsync()
        {
            BaseImageNews? news = null;
            var step = new GateStep(new GatePolicy(SeverityThreshold.High), new GateContext { Now = Samples.Now }, () => Task.FromResult<Core.Projects.AssetsFile?>(null), "net10.0")
            {
                AskForBaseImage = async _ => news = await new NewerBaseImage(new ImageReference(_registry.Host, "debian", "12"), _http, _ => null, new ToolRunner(), TrivyScannerSpecs.Trivy, TimeProvider.System).LookAsync(image.Platforms[0], request, Cancellation),
            };
            var verdict = await step.EvaluateAsync(report, Samples.Inventory with { Packages = [] }, image.Root.Digest);
            return (news, verdict.Blocking.Single(diagnostic => diagnostic.Code == DiagnosticCodes.BaseImageVulnerable).Message);
        }

        var nobody = await AskAsync();
        nobody.News.ShouldBeNull();
        nobody.Message.ShouldContain("build on a newer base image that has it");

        Push(Base("5.36.0-7+deb12u3"));
        var same = await AskAsync();
        same.News!.IsSame.ShouldBeTrue();
        same.Message.ShouldContain("has no newer image yet (asked just now)");
        _registry.Requests.ShouldNotContain(call => call.Path.Contains("/blobs/", StringComparison.Ordinal), "nothing is fetched for that");

        Push(Base("5.36.0-7+deb12u4"));
        var newer = await AskAsync();
        newer.News!.IsSame.ShouldBeFalse();
        newer.Message.ShouldContain($"It is fixed in 5.36.0-7+deb12u4. {_registry.Host}/debian:12 has a newer image without it: build on {newer.News.Digest}");

        Push(new Dictionary<string, string>(Base("5.36.0-7+deb12u3")) { ["etc/new"] = "x" });
        (await AskAsync()).Message.ShouldContain("which still has it");

        // Docker's own types, as many base images still have them.
        Push(new Dictionary<string, string>(Base("5.36.0-7+deb12u4")) { ["etc/new"] = "y" }, docker: true);
        (await AskAsync()).Message.ShouldContain("has a newer image without it");

        _registry.Before = _ => TestRegistry.Error(500, "UNKNOWN", "broken", ("Retry-After", "0"));
        (await AskAsync()).Message.ShouldContain("build on a newer base image that has it", customMessage: "a registry that is down changes nothing");
    }

    private static Dictionary<string, string> Base(string perl) => new(TestImage.Debian())
    {
        ["var/lib/dpkg/status"] = $"Package: perl-base\nStatus: install ok installed\nArchitecture: amd64\nSource: perl\nVersion: {perl}\nMaintainer: Niko Tyni <ntyni@debian.org>\nDescription: minimal Perl system\n\n",
    };

    private void Push(Dictionary<string, string> layer, bool docker = false)
    {
        var layout = TestImage.Write(_folder.File(Path.GetRandomFileName()), (ScanFolder.Amd64, [layer]));
        foreach (var blob in layout.ListBlobs())
            _registry.AddBlob("debian", File.ReadAllBytes(layout.BlobPath(blob.Digest)));
        var manifest = File.ReadAllText(layout.BlobPath(layout.Platforms[0].Manifest.Digest));
        if (docker)
            manifest = manifest.Replace(MediaTypes.OciManifest, MediaTypes.DockerManifest, StringComparison.Ordinal).Replace(MediaTypes.OciConfig, MediaTypes.DockerConfig, StringComparison.Ordinal);
        _registry.AddManifest("debian", docker ? MediaTypes.DockerManifest : MediaTypes.OciManifest, Encoding.UTF8.GetBytes(manifest), "12");
    }
}
