using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

public sealed class ReproducibleImageSpecs : IDisposable
{
    private static readonly DateTimeOffset SourceDate = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly DateTimeOffset Monday = new(2026, 11, 23, 8, 0, 1, 123, TimeSpan.Zero);
    private readonly TestFolder _folder = new();
    private int _count;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_same_files_built_on_another_day_and_listed_in_another_order_give_the_same_image()
    {
        var first = await OpenAsync(SdkArchive.OfApplication(Layer(Monday, "app/a.dll", "app/b.dll", "app/sub/c.dll"), Monday));
        var second = await OpenAsync(SdkArchive.OfApplication(Layer(Monday.AddDays(3), "app/sub/c.dll", "app/b.dll", "app/a.dll"), Monday.AddDays(3)));
        second.Root.ShouldBe(first.Root);
        (await OpenAsync(SdkArchive.OfApplication(Layer(Monday, "app/a.dll", "app/b.dll"), Monday))).Root.ShouldNotBe(first.Root);
    }

    [Fact]
    public async Task Contents_modes_and_owners_of_the_files_stay_and_their_dates_become_that_of_the_sources()
    {
        var longName = $"app/{new string('n', 120)}/{new string('é', 140)}.txt";
        var layer = Tar(
            new PaxTarEntry(TarEntryType.Directory, "app") { Mode = (UnixFileMode)0b111_101_101, ModificationTime = Monday },
            new PaxTarEntry(TarEntryType.RegularFile, "app/run.sh") { Mode = (UnixFileMode)0b111_101_000, Uid = 1654, Gid = 1655, DataStream = Content("#!/bin/sh"), ModificationTime = Monday },
            new PaxTarEntry(TarEntryType.RegularFile, longName) { DataStream = Content("long"), ModificationTime = Monday },
            new PaxTarEntry(TarEntryType.RegularFile, "app/empty") { ModificationTime = Monday });
        var image = await OpenAsync(SdkArchive.OfApplication(layer, Monday));

        var files = Files(image.BlobPath(image.Platforms[0].Layers[^1].Digest));
        files.Select(file => file.Name.TrimEnd('/')).ShouldBe(["app", "app/empty", longName, "app/run.sh"]);
        files.ShouldAllBe(file => file.Date == SourceDate);
        var run = files.Single(file => file.Name == "app/run.sh");
        (run.Content, run.Mode, run.User, run.Group).ShouldBe(("#!/bin/sh", 0b111_101_000, 1654, 1655));
        files.Single(file => file.Name == longName).Content.ShouldBe("long");
        (files[0].Type, files[0].Mode).ShouldBe((TarEntryType.Directory, 0b111_101_101));
    }

    [Fact]
    public async Task The_configuration_names_the_new_layer_and_has_the_date_of_the_sources_wherever_the_SDK_puts_the_time_of_the_build()
    {
        var image = (await OpenAsync(SdkArchive.OfApplication(Layer(Monday, "app/a.dll"), Monday))).Platforms[0];
        var layout = Last();
        var config = JsonNode.Parse(File.ReadAllBytes(layout.BlobPath(image.Config.Digest)))!;

        config["created"]!.GetValue<string>().ShouldBe("2026-03-04T05:06:07Z");
        config["history"]![1]!["created"]!.GetValue<string>().ShouldBe("2026-03-04T05:06:07Z");
        config["history"]![0]!["created"]!.GetValue<string>().ShouldBe("2020-01-01T00:00:00Z");
        config["config"]!["Labels"]!["org.opencontainers.image.created"]!.GetValue<string>().ShouldBe("2026-03-04T05:06:07Z");
        config["config"]!["Labels"]!["org.opencontainers.image.version"]!.GetValue<string>().ShouldBe("1.0.0");
        config["rootfs"]!["diff_ids"]![1]!.GetValue<string>().ShouldBe(Digest.Of(Unzip(layout.BlobPath(image.Layers[1].Digest))).ToString());
    }

    [Fact]
    public async Task A_date_that_a_label_was_given_by_hand_stays()
    {
        var archive = SdkArchive.OfApplication(
            Layer(Monday, "app/a.dll"), Monday, changeConfig: config => config.Replace("\"org.opencontainers.image.created\":\"2026-11-23T08:00:01.1230000Z\"", "\"org.opencontainers.image.created\":\"2025-12-24T00:00:00Z\""));
        var image = await OpenAsync(archive);
        File.ReadAllText(image.BlobPath(image.Platforms[0].Config.Digest)).ShouldContain("\"org.opencontainers.image.created\":\"2025-12-24T00:00:00Z\"");
    }

    [Fact]
    public async Task Base_layers_stay_byte_for_byte_and_nothing_of_the_old_image_is_left()
    {
        var archive = SdkArchive.OfApplication(Layer(Monday, "app/a.dll"), Monday);
        var image = await OpenAsync(archive);
        archive.Entries.ShouldContain(entry => entry.Name == SdkArchive.BlobName(image.Platforms[0].Layers[0].Digest));
        Directory.GetFiles(Path.Combine(image.Directory, "blobs", "sha256")).Select(Path.GetFileName)
            .ShouldBe(image.ListBlobs().Concat(image.ListManifests()).Select(blob => blob.Digest.Hex), ignoreOrder: true);
        foreach (var blob in image.ListBlobs().Concat(image.ListManifests()))
            (Digest.Of(File.ReadAllBytes(image.BlobPath(blob.Digest))), new FileInfo(image.BlobPath(blob.Digest)).Length).ShouldBe((blob.Digest, blob.Size));
    }

    [Fact]
    public async Task Of_several_platforms_each_is_made_reproducible_and_the_index_names_the_new_manifests()
    {
        string[] platforms = ["amd64", "arm64"];
        var first = await OpenAsync(SdkArchive.OfApplication(Layer(Monday, "app/a.dll", "app/b.dll"), Monday, architectures: platforms));
        var second = await OpenAsync(SdkArchive.OfApplication(Layer(Monday.AddHours(1), "app/b.dll", "app/a.dll"), Monday.AddHours(1), architectures: platforms));

        second.Root.ShouldBe(first.Root);
        var index = JsonSerializer.Deserialize(File.ReadAllBytes(first.BlobPath(first.Root.Digest)), OciJson.Default.OciIndex)!;
        index.Manifests.Select(manifest => manifest.Digest).ShouldBe(first.Platforms.Select(image => image.Manifest.Digest));
        index.Manifests.Select(manifest => manifest.Platform!.Architecture).ShouldBe(platforms);
    }

    [Fact]
    public async Task A_layer_that_an_earlier_publish_has_compressed_is_not_compressed_again()
    {
        var earlier = await OpenAsync(SdkArchive.OfApplication(Layer(Monday, "app/a.dll"), Monday));
        File.SetLastWriteTimeUtc(earlier.BlobPath(earlier.Platforms[0].Layers[^1].Digest), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        var again = await OpenAsync(SdkArchive.OfApplication(Layer(Monday.AddDays(1), "app/a.dll"), Monday.AddDays(1)), earlier.Directory);
        again.Root.ShouldBe(earlier.Root);
        File.GetLastWriteTimeUtc(again.BlobPath(again.Platforms[0].Layers[^1].Digest)).Year.ShouldBe(2020);
    }

    [Fact]
    public async Task A_layer_of_an_earlier_publish_that_is_not_what_its_configuration_says_is_not_taken()
    {
        var earlier = await OpenAsync(SdkArchive.OfApplication(Layer(Monday, "app/a.dll"), Monday));
        var expected = earlier.Root;
        // The old layout says that the base layer is the application: its configuration, manifest and index agree about it.
        var (image, layers) = (earlier.Platforms[0], earlier.Platforms[0].Layers);
        var manifest = File.ReadAllText(earlier.BlobPath(image.Manifest.Digest)).Replace(layers[1].Digest.ToString(), layers[0].Digest.ToString()).Replace($"\"size\":{layers[1].Size}", $"\"size\":{layers[0].Size}");
        File.WriteAllText(earlier.BlobPath(Digest.Of(Encoding.UTF8.GetBytes(manifest))), manifest);
        var index = Path.Combine(earlier.Directory, "index.json");
        File.WriteAllText(index, File.ReadAllText(index).Replace(expected.Digest.ToString(), Digest.Of(Encoding.UTF8.GetBytes(manifest)).ToString()).Replace($"\"size\":{expected.Size}", $"\"size\":{Encoding.UTF8.GetByteCount(manifest)}"));

        (await OpenAsync(SdkArchive.OfApplication(Layer(Monday.AddDays(1), "app/a.dll"), Monday.AddDays(1)), earlier.Directory)).Root.ShouldBe(expected);
    }

    [Fact]
    public async Task Without_a_date_the_image_stays_as_the_archive_has_it()
    {
        var archive = SdkArchive.OfApplication(Layer(Monday, "app/b.dll", "app/a.dll"), Monday);
        archive.Write(_folder.File("image.tar"));
        (await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File("layout"), TestContext.Current.CancellationToken)).Root.ShouldBe(archive.Root);
    }

    private static byte[] Layer(DateTimeOffset built, params string[] files) =>
        Tar([new PaxTarEntry(TarEntryType.Directory, "app") { ModificationTime = built }, .. files.Select((file, i) => Entry(file, built.AddMilliseconds(i)))]);

    private static PaxTarEntry Entry(string name, DateTimeOffset date) => new(TarEntryType.RegularFile, name) { DataStream = Content($"content of {name}"), ModificationTime = date };

    private static MemoryStream Content(string text) => new(Encoding.UTF8.GetBytes(text));

    private static byte[] Tar(params TarEntry[] entries)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var entry in entries)
                writer.WriteEntry(entry);
        }
        return tar.ToArray();
    }

    private async Task<ImageLayout> OpenAsync(SdkArchive archive, string? earlier = null)
    {
        archive.Write(_folder.File("image.tar"));
        return _last = await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File($"layout{_count++}"), TestContext.Current.CancellationToken, earlier, SourceDate);
    }

    private ImageLayout? _last;

    private ImageLayout Last() => _last!;

    private static byte[] Unzip(string file)
    {
        using var gzip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        var content = new MemoryStream();
        gzip.CopyTo(content);
        return content.ToArray();
    }

    private sealed record LayerFile(string Name, TarEntryType Type, string Content, int Mode, int User, int Group, DateTimeOffset Date);

    /// <summary>As another reader of tar files sees it.</summary>
    private static List<LayerFile> Files(string layer)
    {
        var files = new List<LayerFile>();
        using var reader = new TarReader(new MemoryStream(Unzip(layer)));
        while (reader.GetNextEntry() is { } entry)
        {
            using var content = new StreamReader(entry.DataStream ?? new MemoryStream());
            files.Add(new LayerFile(entry.Name, entry.EntryType is TarEntryType.V7RegularFile ? TarEntryType.RegularFile : entry.EntryType, content.ReadToEnd(), (int)entry.Mode, entry.Uid, entry.Gid, entry.ModificationTime));
        }
        return files;
    }
}
