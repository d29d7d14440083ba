using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

public sealed class LayoutStoreSpecs : IDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly DateTimeOffset Created = new(2026, 11, 23, 6, 12, 0, TimeSpan.Zero);
    private readonly TestFolder _folder = new();

    private string Out => _folder.File("a folder/ünicode");

    [Fact]
    public async Task An_image_with_evidence_and_tags_can_be_read_back()
    {
        var store = Store();
        var image = SampleImage.Write(_folder, "multi", 1000, "amd64", "arm64");
        var pushed = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        pushed.Reference.ToString().ShouldBe($"hello-api@{image.Root.Digest}");
        File.Exists(Path.Combine(Out, "index.json")).ShouldBeFalse(); // nothing is listed before the evidence is there

        var attached = await new EvidenceWriter().AttachAsync(store, pushed.Root, [SampleImage.Evidence(_folder, pushed.Digest)], Created, Token);
        (await new Tagger().TagAsync(store, pushed, ["1.0", "latest"], TagPolicy.Default, Token)).Count.ShouldBe(2);

        (await store.ResolveTagAsync("1.0", Token)).ShouldBe(image.Root.Digest);
        (await store.ListReferrersAsync(image.Root.Digest, Token)).ShouldHaveSingleItem().Digest.ShouldBe(attached[0].Digest);
        (await new EvidenceReader().ListAsync(store, image.Root, Token)).Count.ShouldBe(1);
        File.ReadAllText(Path.Combine(Out, "oci-layout")).ShouldBe("""{"imageLayoutVersion":"1.0.0"}""");
        Directory.EnumerateFiles(Out, ".*", SearchOption.AllDirectories).Select(Path.GetFileName).ShouldBe([".index.lock"]);
    }

    [Fact]
    public async Task Publishing_again_changes_nothing()
    {
        var store = Store();
        var image = SampleImage.Write(_folder);
        async Task<PushedImage> PublishAsync()
        {
            var pushed = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
            await new EvidenceWriter().AttachAsync(store, pushed.Root, [SampleImage.Evidence(_folder, pushed.Digest)], Created, Token);
            await new Tagger().TagAsync(store, pushed, ["1.0"], TagPolicy.Default, Token);
            return pushed;
        }
        await PublishAsync();
        var before = await File.ReadAllBytesAsync(Path.Combine(Out, "index.json"), Token);
        (await PublishAsync()).UploadedBlobs.ShouldBe(0);
        (await File.ReadAllBytesAsync(Path.Combine(Out, "index.json"), Token)).ShouldBe(before);
    }

    [Fact]
    public async Task Parallel_writers_lose_nothing()
    {
        var images = Enumerable.Range(0, 8).Select(i => SampleImage.Write(_folder, $"image{i}")).ToArray();
        await Task.WhenAll(images.Select((image, i) => Task.Run(
            async () =>
            {
                var store = Store();
                var pushed = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
                await new EvidenceWriter().AttachAsync(store, pushed.Root, [SampleImage.Evidence(_folder, pushed.Digest, text: $"e{i}")], Created, Token);
                await new Tagger().TagAsync(store, pushed, [$"v{i}"], TagPolicy.Default, Token);
            },
            Token)));
        for (var i = 0; i < images.Length; i++)
        {
            (await Store().ResolveTagAsync($"v{i}", Token)).ShouldBe(images[i].Root.Digest);
            (await Store().ListReferrersAsync(images[i].Root.Digest, Token)).Count.ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_tag_that_moves_leaves_the_old_image_listed_and_cosign_finds_the_new_one()
    {
        var store = Store();
        var (first, second) = (await PushedAsync(store, "one"), await PushedAsync(store, "two"));
        await new EvidenceWriter().AttachAsync(store, first.Root, [SampleImage.Evidence(_folder, first.Digest)], Created, Token);
        await new Tagger().TagAsync(store, first, ["latest", "1"], TagPolicy.Default, Token);
        await new Tagger().TagAsync(store, second, ["latest", "2"], TagPolicy.Default, Token);

        (await store.ResolveTagAsync("latest", Token)).ShouldBe(second.Digest);
        (await store.ResolveTagAsync("1", Token)).ShouldBe(first.Digest);
        (await store.ListReferrersAsync(first.Digest, Token)).Count.ShouldBe(1);
        var index = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(Out, "index.json")), OciJson.Plain.OciIndex)!;
        index.Manifests.Where(m => m.Annotations?.GetValueOrDefault("kind") == "dev.cosignproject.cosign/image").ShouldHaveSingleItem().Digest.ShouldBe(second.Digest);
        await RegistryBench.FailureAsync(() => new Tagger().TagAsync(store, second, ["1"], TagPolicy.Default, Token), DiagnosticCodes.TagPointsElsewhere);
    }

    [Fact]
    public async Task A_blob_with_other_bytes_is_not_taken_for_the_image()
    {
        var store = Store();
        var image = SampleImage.Write(_folder);
        await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        var layer = image.Platforms[0].Layers[0];
        var path = Path.Combine(Out, "blobs", "sha256", layer.Digest.Hex);
        await File.WriteAllBytesAsync(path, new byte[layer.Size], Token);
        await RegistryBench.FailureAsync(
            async () =>
            {
                await using var stream = await store.ReadBlobAsync(layer, Token);
                await stream.CopyToAsync(Stream.Null, Token);
            },
            DiagnosticCodes.LayoutDamaged);

        var again = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        again.UploadedBlobs.ShouldBe(1);
        (await File.ReadAllBytesAsync(path, Token)).ShouldBe(await File.ReadAllBytesAsync(image.BlobPath(layer.Digest), Token));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData("""{"manifests":[],"manifests":[]}""")]
    public async Task A_damaged_index_is_a_coded_error_and_stays_as_it_is(string text)
    {
        Directory.CreateDirectory(Out);
        await File.WriteAllTextAsync(Path.Combine(Out, "index.json"), text, Token);
        var store = Store();
        var pushed = await PushedAsync(store, "one");
        await RegistryBench.FailureAsync(() => store.SetTagAsync("1.0", pushed.Root, Token), DiagnosticCodes.LayoutDamaged);
        (await File.ReadAllTextAsync(Path.Combine(Out, "index.json"), Token)).ShouldBe(text);
    }

    [Fact]
    public async Task A_layout_that_another_process_holds_is_a_coded_error_in_the_end()
    {
        Directory.CreateDirectory(Out);
        var store = new LayoutStore(Out, "hello-api", new HurriedClock());
        var pushed = await PushedAsync(store, "one");
        await using var held = new FileStream(Path.Combine(Out, ".index.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        await RegistryBench.FailureAsync(() => store.SetTagAsync("1.0", pushed.Root, Token), DiagnosticCodes.LayoutBusy);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_to_is_a_coded_error()
    {
        await File.WriteAllTextAsync(_folder.File("file"), "", Token);
        await RegistryBench.FailureAsync(() => PushedAsync(new LayoutStore(_folder.File("file"), "hello-api", TimeProvider.System), "one"), DiagnosticCodes.LayoutBusy);
    }

    [Fact]
    public async Task Oras_reads_the_layout()
    {
        var store = Store();
        var pushed = await PushedAsync(store, "one");
        await new EvidenceWriter().AttachAsync(store, pushed.Root, [SampleImage.Evidence(_folder, pushed.Digest)], Created, Token);
        await new Tagger().TagAsync(store, pushed, ["1.0"], TagPolicy.Default, Token);

        var discovered = await RunAsync("oras", "discover", "--oci-layout", $"{Out}:1.0", "--format", "json");
        JsonDocument.Parse(discovered).RootElement.GetProperty("referrers")[0].GetProperty("artifactType").GetString().ShouldBe(MediaTypes.SigstoreBundle);
        (await RunAsync("oras", "manifest", "fetch", "--oci-layout", $"{Out}:1.0")).ShouldBe(await File.ReadAllTextAsync(Path.Combine(Out, "blobs", "sha256", pushed.Digest.Hex), Token));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<string> RunAsync(string tool, params string[] arguments)
    {
        var result = await Cli.Wrap(Toolchain.Require(tool)).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Token);
        return result.IsSuccess ? result.StandardOutput.TrimEnd('\n') : throw new InvalidOperationException(result.StandardError);
    }

    private LayoutStore Store() => new(Out, "hello-api", TimeProvider.System);

    private async Task<PushedImage> PushedAsync(IImageStore store, string text)
    {
        var image = SampleImage.Write(_folder, text);
        return await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
    }

    /// <summary>A minute goes by between two looks.</summary>
    private sealed class HurriedClock : TimeProvider
    {
        private long _ticks;

        public override long GetTimestamp() => Interlocked.Add(ref _ticks, TimestampFrequency * 61);
    }
}
