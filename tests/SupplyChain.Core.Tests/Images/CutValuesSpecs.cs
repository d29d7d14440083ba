using System.Text.Json.Nodes;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tests.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

/// <summary>SDKs before version 11 cut labels and variables of several runtime identifiers at a colon (dotnet/sdk#52732).</summary>
public sealed class CutValuesSpecs : IDisposable
{
    private const string Source = "org.opencontainers.image.source";
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task What_was_cut_or_lost_is_put_right_on_every_platform_and_nothing_else_is_touched()
    {
        var image = WithConfig("""{"Labels":{"org.opencontainers.image.source":"https","own":"kept","equal":"a:b"},"Env":["PATH=/usr/bin","ASPNETCORE_URLS=http","BASE=http"]}""");
        var repaired = new CutValues(
            new Dictionary<string, string> { [Source] = "https://github.com/o/r", ["own"] = "other:value", ["equal"] = "a:b", ["lost"] = "a=b" },
            new Dictionary<string, string> { ["ASPNETCORE_URLS"] = "http://+:8080", ["NOT_THERE"] = "a:b" }).Repair(image);

        repaired.Root.Digest.ShouldNotBe(image.Root.Digest);
        foreach (var platform in repaired.Platforms)
        {
            var runtime = ImageRewriting.ReadObject(repaired, platform.Config)["config"]!;
            runtime["Labels"]!.ToJsonString().ShouldBe("""{"org.opencontainers.image.source":"https://github.com/o/r","own":"kept","equal":"a:b","lost":"a=b"}""");
            runtime["Env"]!.AsArray().Select(entry => (string?)entry).ShouldBe(["PATH=/usr/bin", "ASPNETCORE_URLS=http://+:8080", "BASE=http"]);
        }
        // A whole image again: every document by its digest, and nothing left over.
        await LayoutCheck.RunAsync(repaired, [.. repaired.ListBlobs(), .. repaired.ListManifests()], TestContext.Current.CancellationToken);
        Directory.GetFiles(Path.Combine(image.Directory, "blobs", "sha256")).Length.ShouldBe(repaired.ListBlobs().Count + repaired.ListManifests().Count);
    }

    [Fact]
    public void An_image_in_which_nothing_was_cut_keeps_its_digest()
    {
        var image = WithConfig("""{"Labels":{"org.opencontainers.image.source":"https://github.com/o/r"},"Env":[]}""");
        new CutValues(new Dictionary<string, string> { [Source] = "https://github.com/o/r" }, new Dictionary<string, string>()).Repair(image).ShouldBeSameAs(image);
        new CutValues(new Dictionary<string, string>(), new Dictionary<string, string> { ["A"] = "b:c" }).Repair(SampleImage.Write(_folder, "bare")).Root.ShouldBe(SampleImage.Write(_folder, "bare").Root);
    }

    public void Dispose() => _folder.Dispose();

    private ImageLayout WithConfig(string runtime)
    {
        var image = SampleImage.Write(_folder, "cut", 1000, "amd64", "arm64");
        return ImageRewriting.Replace(image, [.. image.Platforms.Select(platform =>
        {
            var config = ImageRewriting.ReadObject(image, platform.Config);
            config["config"] = JsonNode.Parse(runtime);
            return ImageRewriting.Replace(image, platform, config);
        })]);
    }
}
