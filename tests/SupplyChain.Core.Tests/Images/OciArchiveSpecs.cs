using System.Formats.Tar;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

public sealed class OciArchiveSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    private string Archive => _folder.File("image.tar");

    private string Target => _folder.File("layout");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_archive_of_one_platform_becomes_a_layout_of_the_same_digest()
    {
        var archive = SdkArchive.OfOnePlatform("1.0");
        var layout = await Open(archive);

        layout.Directory.ShouldBe(Target);
        layout.Root.ShouldBe(archive.Root);
        layout.Tags.ShouldBe(["1.0"]);
        var image = layout.Platforms.ShouldHaveSingleItem();
        image.Platform.ShouldBe(new Platform("linux", "amd64"));
        image.Manifest.ShouldBe(archive.Root);
        image.Layers.Count.ShouldBe(2);
        foreach (var blob in layout.ListBlobs().Concat(layout.ListManifests()))
            Digest.Of(File.ReadAllBytes(layout.BlobPath(blob.Digest))).ShouldBe(blob.Digest);
    }

    [Fact]
    public async Task A_layout_has_exactly_one_descriptor_in_its_index_and_no_blob_that_the_image_does_not_refer_to()
    {
        var archive = SdkArchive.OfOnePlatform("1.0", "latest");
        archive.Entries.Insert(0, SdkArchive.FileEntry(SdkArchive.BlobName(Digest.Of("stray"u8)), "stray"));
        archive.Entries.Insert(0, SdkArchive.FileEntry("manifest.json", "[]"));
        var layout = await Open(archive);

        layout.Tags.ShouldBe(["1.0", "latest"]);
        JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(Target, "index.json")), OciJson.Default.OciIndex)!.Manifests.ShouldBe([archive.Root]);
        Files(Target).ShouldBe(
            layout.ListBlobs().Concat(layout.ListManifests()).Select(blob => SdkArchive.BlobName(blob.Digest)).Concat(["index.json", "oci-layout"]),
            ignoreOrder: true);
    }

    [Fact]
    public async Task An_archive_of_two_platforms_keeps_the_index_as_the_image_and_a_base_layer_that_stands_twice_once()
    {
        var archive = SdkArchive.OfTwoPlatforms("1.0");
        archive.Entries.Count(entry => entry.Name == archive.Entries[0].Name).ShouldBe(2);
        var layout = await Open(archive);

        layout.Root.ShouldBe(archive.Root);
        layout.Root.MediaType.ShouldBe(MediaTypes.OciIndex);
        layout.Platforms.Select(image => image.Platform.ToString()).ShouldBe(["linux/amd64", "linux/arm64"]);
        layout.Platforms[0].Layers[0].ShouldBe(layout.Platforms[1].Layers[0]);
        layout.ListBlobs().Count.ShouldBe(5);
        layout.ListManifests().Count.ShouldBe(3);
        layout.ListManifests()[^1].ShouldBe(archive.Root);
    }

    [Fact]
    public async Task Layers_of_docker_media_types_inside_an_oci_manifest_are_accepted()
    {
        var layout = await Open(SdkArchive.OfOnePlatform(MediaTypes.DockerLayerGzip, ["1.0"]));

        layout.Platforms[0].Layers[0].MediaType.ShouldBe(MediaTypes.DockerLayerGzip);
    }

    [Fact]
    public async Task A_manifest_of_dockers_schema_is_accepted()
    {
        var archive = SdkArchive.OfOnePlatform("1.0");
        archive.ChangeRoot(manifest => manifest.Replace(MediaTypes.OciManifest, MediaTypes.DockerManifest).Replace(MediaTypes.OciConfig, MediaTypes.DockerConfig));
        archive.Replace("index.json", archive.Text("index.json").Replace(MediaTypes.OciManifest, MediaTypes.DockerManifest));
        var layout = await Open(archive);

        layout.Root.MediaType.ShouldBe(MediaTypes.DockerManifest);
    }

    [Fact]
    public async Task A_build_attestation_in_the_index_belongs_to_the_image_but_is_no_platform_of_it()
    {
        var archive = SdkArchive.OfTwoPlatforms("1.0");
        var config = archive.AddBlob(MediaTypes.OciConfig, "{}"u8.ToArray());
        var statement = archive.AddBlob("application/vnd.in-toto+json", """{"_type":"https://in-toto.io/Statement/v1"}"""u8.ToArray());
        var attestation = archive.AddBlob(MediaTypes.OciManifest, JsonSerializer.SerializeToUtf8Bytes(
            new OciManifest(2, MediaTypes.OciManifest, config, [statement]), OciJson.Plain.OciManifest));
        archive.ChangeRoot(index => index.Replace(
            "]}",
            $$$""",{"mediaType":"{{{attestation.MediaType}}}","digest":"{{{attestation.Digest}}}","size":{{{attestation.Size}}},"platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"}}]}"""));
        var layout = await Open(archive);

        layout.Platforms.Count.ShouldBe(2);
        layout.Attached.ShouldHaveSingleItem().Manifest.ShouldBe(attestation);
        layout.ListManifests().ShouldContain(attestation);
        File.Exists(layout.BlobPath(statement.Digest)).ShouldBeTrue();
    }

    [Fact]
    public async Task The_platform_comes_from_the_configuration_and_its_variant_from_the_index_where_the_configuration_has_none()
    {
        var archive = SdkArchive.OfTwoPlatforms("1.0");
        archive.ChangeRoot(index => index.Replace("\"arm64\",", "\"arm64\",\"variant\":\"v8\","));
        var layout = await Open(archive);

        layout.Platforms[1].Platform.ShouldBe(new Platform("linux", "arm64", "v8"));
    }

    [Fact]
    public async Task Names_with_a_leading_dot_folders_and_gnu_long_names_are_what_other_programs_write_and_are_read()
    {
        var archive = SdkArchive.OfOnePlatform("1.0");
        for (var i = 0; i < archive.Entries.Count; i++)
        {
            var entry = archive.Entries[i];
            archive.Entries[i] = new GnuTarEntry(TarEntryType.RegularFile, string.Concat(Enumerable.Repeat("./", 60)) + entry.Name) { DataStream = entry.DataStream };
        }
        archive.Entries.Insert(0, new PaxTarEntry(TarEntryType.Directory, "./blobs/"));
        (await Open(archive)).Root.ShouldBe(archive.Root);
    }

    [Fact]
    public async Task An_older_layout_at_the_target_is_replaced_as_a_whole()
    {
        await Open(SdkArchive.OfTwoPlatforms("1.0"));
        var layout = await Open(SdkArchive.OfOnePlatform("2.0"));

        Files(Target).Count().ShouldBe(layout.ListBlobs().Count + layout.ListManifests().Count + 2);
        Left().ShouldBe(["image.tar", "layout"]);
    }

    [Fact]
    public async Task A_folder_with_other_files_is_not_replaced()
    {
        Directory.CreateDirectory(Target);
        File.WriteAllText(Path.Combine(Target, "thesis.docx"), "five years of work");
        SdkArchive.OfOnePlatform("1.0").Write(Archive);

        var error = await Should.ThrowAsync<SupplyChain.Core.Diagnostics.DiagnosticException>(() => OciArchive.OpenAsync(Archive, Target, TestContext.Current.CancellationToken));
        error.Diagnostic.Code.ShouldBe(SupplyChain.Core.Diagnostics.DiagnosticCodes.LayoutUnwritable);
        Files(Target).ShouldBe(["thesis.docx"]);
        Left().ShouldBe(["image.tar", "layout"]);
    }

    [Fact]
    public async Task A_target_below_a_file_is_a_coded_error()
    {
        SdkArchive.OfOnePlatform("1.0").Write(Archive);
        var error = await Should.ThrowAsync<SupplyChain.Core.Diagnostics.DiagnosticException>(
            () => OciArchive.OpenAsync(Archive, Path.Combine(Archive, "layout"), TestContext.Current.CancellationToken));
        error.Diagnostic.Code.ShouldBe(SupplyChain.Core.Diagnostics.DiagnosticCodes.LayoutUnwritable);
    }

    [Fact]
    public async Task What_a_killed_publish_left_behind_is_cleaned_up_and_what_a_running_one_writes_is_not()
    {
        var abandoned = Directory.CreateDirectory($"{Target}.{Guid.NewGuid():n}.tmp");
        File.WriteAllText(Path.Combine(abandoned.FullName, "blob"), "half");
        abandoned.LastWriteTimeUtc -= TimeSpan.FromHours(2);
        var running = Directory.CreateDirectory($"{Target}.{Guid.NewGuid():n}.tmp");
        var foreign = Directory.CreateDirectory($"{Target}.mine.tmp");
        foreign.LastWriteTimeUtc -= TimeSpan.FromDays(2);

        await Open(SdkArchive.OfOnePlatform("1.0"));

        Left().ShouldBe(["image.tar", "layout", foreign.Name, running.Name], ignoreOrder: true);
    }

    [Fact]
    public async Task Parallel_opens_into_one_target_all_succeed_and_leave_one_whole_layout()
    {
        var archives = new[] { SdkArchive.OfOnePlatform("1.0"), SdkArchive.OfTwoPlatforms("1.0") };
        for (var i = 0; i < archives.Length; i++)
            archives[i].Write(_folder.File($"{i}.tar"));
        var layouts = await Task.WhenAll(Enumerable.Range(0, 24).Select(
            i => OciArchive.OpenAsync(_folder.File($"{i % 2}.tar"), Target, TestContext.Current.CancellationToken)));

        Directory.EnumerateDirectories(_folder.Path).ShouldBe([Target]);
        var standing = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(Target, "index.json")), OciJson.Default.OciIndex)!.Manifests.ShouldHaveSingleItem();
        var winner = layouts.First(layout => layout.Root == standing);
        foreach (var blob in winner.ListBlobs().Concat(winner.ListManifests()))
            Digest.Of(File.ReadAllBytes(winner.BlobPath(blob.Digest))).ShouldBe(blob.Digest);
    }

    [Fact]
    public async Task A_path_with_spaces_and_letters_of_many_scripts_works()
    {
        var target = _folder.File("Zoë’s Projekt 図/образ layout/");
        SdkArchive.OfOnePlatform("1.0").Write(_folder.File("büld ärchive.tar"));
        var layout = await OciArchive.OpenAsync(_folder.File("büld ärchive.tar"), target, TestContext.Current.CancellationToken);

        File.Exists(layout.BlobPath(layout.Root.Digest)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_cancelled_open_leaves_nothing_and_the_older_layout_untouched()
    {
        var before = await Open(SdkArchive.OfOnePlatform("1.0"));
        SdkArchive.OfTwoPlatforms("2.0").Write(Archive);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            using var source = new CancellationTokenSource();
            var open = OciArchive.OpenAsync(Archive, Target, source.Token);
            await Task.Yield();
            source.Cancel();
            try
            {
                before = await open;
            }
            catch (OperationCanceledException)
            {
            }
            Left().ShouldBe(["image.tar", "layout"]);
            Digest.Of(File.ReadAllBytes(before.BlobPath(before.Root.Digest))).ShouldBe(before.Root.Digest);
        }
    }

    private async Task<ImageLayout> Open(SdkArchive archive)
    {
        archive.Write(Archive);
        return await OciArchive.OpenAsync(Archive, Target, TestContext.Current.CancellationToken);
    }

    private IEnumerable<string> Left() => Directory.EnumerateFileSystemEntries(_folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Files(string directory) =>
        Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(directory, file));
}
