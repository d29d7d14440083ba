using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

public sealed class LayerSplitSpecs : IDisposable
{
    private static readonly DateTimeOffset Monday = new(2026, 11, 23, 8, 0, 1, TimeSpan.Zero);
    private static readonly string[] Application = ["app/Shop.dll", "app/wwwroot/site.css"];
    private static readonly string[] Packages = ["app/Newtonsoft.Json.dll", "app/de/Humanizer.resources.dll"];
    private readonly TestFolder _folder = new();
    private int _count;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Packages_and_the_application_become_two_layers_that_together_hold_what_the_one_held()
    {
        var one = await OpenAsync(Archive(), []);
        var two = await OpenAsync(Archive(), Packages);

        Layers(one).Count.ShouldBe(2);
        var layers = Layers(two);
        layers.Count.ShouldBe(3);
        layers[0].ShouldBe(Layers(one)[0]);
        Names(layers[1]).ShouldBe(["app", "app/Newtonsoft.Json.dll", "app/de", "app/de/Humanizer.resources.dll"]);
        Names(layers[2]).ShouldBe(["app", "app/Shop.dll", "app/de", "app/wwwroot", "app/wwwroot/site.css"]);
        layers[1].Concat(layers[2]).DistinctBy(entry => entry.Name).OrderBy(entry => entry.Name, StringComparer.Ordinal).ShouldBe(Layers(one)[1]);
    }

    [Fact]
    public async Task A_change_of_the_application_leaves_the_layer_of_the_packages_as_it_is()
    {
        var before = (await OpenAsync(Archive(), Packages)).Platforms[0].Layers;
        var after = (await OpenAsync(Archive("changed", Monday.AddDays(1)), Packages)).Platforms[0].Layers;
        after[1].ShouldBe(before[1]);
        after[2].ShouldNotBe(before[2]);
    }

    [Fact]
    public async Task Configuration_history_and_manifest_tell_of_both_layers()
    {
        var layout = await OpenAsync(Archive(), Packages);
        var image = layout.Platforms[0];
        var config = JsonNode.Parse(File.ReadAllBytes(layout.BlobPath(image.Config.Digest)))!;

        config["rootfs"]!["diff_ids"]!.AsArray().Skip(1).Select(id => id!.GetValue<string>())
            .ShouldBe(image.Layers.Skip(1).Select(layer => Digest.Of(Unzip(layout, layer)).ToString()));
        var history = config["history"]!.AsArray();
        history.Count.ShouldBe(3);
        history[1]!["comment"]!.GetValue<string>().ShouldBe("packages of the application");
        history[2]!["comment"].ShouldBeNull();
        history.Skip(1).ShouldAllBe(entry => entry!["created"]!.GetValue<string>() == "2026-03-04T05:06:07Z" && entry["author"]!.GetValue<string>() == ".NET SDK");
        foreach (var blob in layout.ListBlobs().Concat(layout.ListManifests()))
            (Digest.Of(File.ReadAllBytes(layout.BlobPath(blob.Digest))), new FileInfo(layout.BlobPath(blob.Digest)).Length).ShouldBe((blob.Digest, blob.Size));
    }

    [Fact]
    public async Task Each_platform_is_split_by_its_own_list()
    {
        var layout = await OpenAsync(Archive(architectures: ["amd64", "arm64"]), platform => platform.Architecture == "arm64" ? ["app/de/Humanizer.resources.dll"] : Packages);
        Names(Layers(layout, 0)[1]).ShouldContain("app/Newtonsoft.Json.dll");
        Names(Layers(layout, 1)[1]).ShouldBe(["app", "app/de", "app/de/Humanizer.resources.dll"]);
        Names(Layers(layout, 1)[2]).ShouldContain("app/Newtonsoft.Json.dll");
    }

    [Theory]
    [InlineData("app/NotThere.dll")]
    [InlineData("app")]
    [InlineData("app/de")]
    [InlineData("app/Newtonsoft.Json.dll", "app/de/Humanizer.resources.dll", "app/Shop.dll", "app/wwwroot/site.css")]
    public async Task Where_one_of_the_two_would_be_empty_there_is_one(params string[] dependencies) =>
        (await OpenAsync(Archive(), dependencies)).Root.ShouldBe((await OpenAsync(Archive(), [])).Root);

    [Fact]
    public async Task The_layer_of_the_packages_that_an_earlier_publish_has_compressed_is_not_compressed_again()
    {
        var earlier = await OpenAsync(Archive(), Packages);
        File.SetLastWriteTimeUtc(earlier.BlobPath(earlier.Platforms[0].Layers[1].Digest), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        var again = await OpenAsync(Archive("changed", Monday.AddDays(1)), _ => Packages, earlier.Directory);
        File.GetLastWriteTimeUtc(again.BlobPath(again.Platforms[0].Layers[1].Digest)).Year.ShouldBe(2020);
        again.Platforms[0].Layers[2].ShouldNotBe(earlier.Platforms[0].Layers[2]);
    }

    [Fact]
    public async Task An_application_layer_of_another_compression_is_left_whole()
    {
        var archive = SdkArchive.OfApplication(Tar("first", Monday), Monday, "application/vnd.oci.image.layer.v1.tar+zstd");
        (await OpenAsync(archive, Packages)).Root.ShouldBe(archive.Root);
    }

    private sealed record Entry(string Name, bool IsFolder, string Content, UnixFileMode Mode);

    private static SdkArchive Archive(string content = "first", DateTimeOffset? built = null, params string[] architectures) =>
        SdkArchive.OfApplication(Tar(content, built ?? Monday), built ?? Monday, architectures: architectures);

    private static byte[] Tar(string application, DateTimeOffset built)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var folder in new[] { "app", "app/wwwroot", "app/de" })
                writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, folder) { Mode = (UnixFileMode)0b111_101_101, ModificationTime = built });
            foreach (var file in Application.Concat(Packages))
            {
                var text = file == "app/Shop.dll" ? application : file;
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, file) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)), Mode = (UnixFileMode)0b110_100_100, ModificationTime = built });
            }
        }
        return tar.ToArray();
    }

    private Task<ImageLayout> OpenAsync(SdkArchive archive, string[] dependencies) => OpenAsync(archive, _ => dependencies);

    private async Task<ImageLayout> OpenAsync(SdkArchive archive, Func<Platform, string[]> dependencies, string? earlier = null)
    {
        archive.Write(_folder.File("image.tar"));
        var changes = new ImageChanges
        {
            SourceDate = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero),
            Layers = new LayerSplit(platform => dependencies(platform).ToHashSet()),
        };
        return await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File($"layout{_count++}"), TestContext.Current.CancellationToken, earlier, changes);
    }

    private static IEnumerable<string> Names(IEnumerable<Entry> layer) => layer.Select(entry => entry.Name);

    private static List<List<Entry>> Layers(ImageLayout layout, int platform = 0) =>
        [.. layout.Platforms[platform].Layers.Select(layer => Entries(Unzip(layout, layer)))];

    private static byte[] Unzip(ImageLayout layout, Descriptor layer)
    {
        using var gzip = new GZipStream(File.OpenRead(layout.BlobPath(layer.Digest)), CompressionMode.Decompress);
        var content = new MemoryStream();
        gzip.CopyTo(content);
        return content.ToArray();
    }

    private static List<Entry> Entries(byte[] tar)
    {
        var entries = new List<Entry>();
        using var reader = new TarReader(new MemoryStream(tar));
        while (reader.GetNextEntry() is { } entry)
        {
            using var content = new StreamReader(entry.DataStream ?? new MemoryStream());
            entries.Add(new Entry(entry.Name.TrimEnd('/'), entry.EntryType is TarEntryType.Directory, content.ReadToEnd(), entry.Mode));
        }
        return entries;
    }
}
