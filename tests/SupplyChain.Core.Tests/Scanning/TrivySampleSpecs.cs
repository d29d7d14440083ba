using SupplyChain.Core.Images;
using SupplyChain.Core.Scanning;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Scanning;

public sealed class TrivySampleSpecs
{
    private static readonly string Folder = Path.Combine(Toolchain.RepositoryRoot, "tests", "SupplyChain.Core.Tests", "Scanning", "Samples");

    [Theory]
    [InlineData("alpine-39", "alpine", "3.9.4", true, 6)]
    [InlineData("debian-buster", "debian", "10.1", false, 2)]
    [InlineData("distroless-base", "debian", "9.9", false, 4)]
    public async Task Trivys_own_sample_of_an_image_is_understood(string name, string family, string release, bool endOfLife, int findings)
    {
        var sample = await ReadAsync(name);
        var layer = new Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", Digest.Of("layer"u8), 1);
        var config = new Descriptor(MediaTypes.OciConfig, Digest.Parse(sample.Metadata!.ImageId!), 1);
        var image = new PlatformImage(ScanFolder.Amd64, new Descriptor(MediaTypes.OciManifest, Digest.Of("manifest"u8), 1), config, [.. sample.Metadata.DiffIds.Select(_ => layer)]);
        TrivyReportReader.CheckImage(sample, image);

        var report = TrivyMerge.Merge(new ImageLayout("/image", image.Manifest, [image]), [(image, sample)], null, null);
        report.Platforms.ShouldHaveSingleItem().OperatingSystem.ShouldBe(new OperatingSystemRelease(family, release, endOfLife));
        report.Findings.Count.ShouldBe(findings);
        report.Findings.ShouldAllBe(finding => finding.Kind == FindingKind.OperatingSystem && finding.Purl != null && finding.Places[0].LayerDigest != null && finding.Places[0].Path == null);
    }

    [Theory]
    [InlineData("dotnet")]
    [InlineData("nuget")]
    public async Task Trivys_own_sample_of_NuGet_packages_is_understood(string name)
    {
        var sample = await ReadAsync(name);
        var image = new PlatformImage(ScanFolder.Amd64, new Descriptor(MediaTypes.OciManifest, Digest.Of("manifest"u8), 1), new Descriptor(MediaTypes.OciConfig, Digest.Of("config"u8), 1), []);
        var finding = TrivyMerge.Merge(new ImageLayout("/image", image.Manifest, [image]), [], sample, null).Findings.ShouldHaveSingleItem();
        finding.Kind.ShouldBe(FindingKind.NuGet);
        finding.Package.ShouldBe("Newtonsoft.Json");
    }

    private static Task<TrivyReport> ReadAsync(string name) =>
        TrivyReportReader.ReadAsync(Path.Combine(Folder, $"trivy-sample-{name}.json"), name, TestContext.Current.CancellationToken);
}
