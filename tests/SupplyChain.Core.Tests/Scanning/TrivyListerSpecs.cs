using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>With SupplyChainScan=false: the real trivy lists what is in the image, with no database and no network.</summary>
public sealed class TrivyListerSpecs : IDisposable
{
    private readonly ScanFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_packages_are_those_that_a_scan_sees()
    {
        var request = _folder.Request();
        var listing = await new TrivyLister(new ToolRunner(), TrivyScannerSpecs.Trivy).ListAsync(request, Cancellation);

        listing.Image.ShouldBe((await request.Image).Root.Digest);
        var platform = listing.Platforms.ShouldHaveSingleItem();
        platform.OperatingSystem.ShouldBe(new OperatingSystemRelease("debian", "12.5", false));
        platform.Packages.Select(package => (package.Name, package.SourceName, package.Version)).ShouldBe([("libssl3", "openssl", "3.0.11-1~deb12u2"), ("zlib1g", "zlib", "1:1.2.13.dfsg-1")]);
        platform.Packages[1].LayerDigest.ShouldBe((await request.Image).Platforms[0].Layers[0].Digest.ToString());

        // Nothing of it is to be mistaken for a scan that found nothing.
        Directory.Exists(_folder.Output).ShouldBeFalse();
        Directory.Exists(Path.Combine(_folder.Cache, "db")).ShouldBeFalse();
    }

    [Fact]
    public async Task An_image_of_which_nothing_is_recognised_is_not_listed()
    {
        var request = _folder.Request((ScanFolder.Amd64, [new Dictionary<string, string> { ["app/hello"] = "a program" }]));
        var listing = () => new TrivyLister(new ToolRunner(), TrivyScannerSpecs.Trivy).ListAsync(request, Cancellation);
        (await Should.ThrowAsync<DiagnosticException>(listing)).Diagnostic.Code.ShouldBe(DiagnosticCodes.NothingRecognised);
    }

    public void Dispose() => _folder.Dispose();
}
