using System.Text.Json;
using SupplyChain.Core.Bases;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Bases;

public sealed class BaseImageUpdateSpecs : IAsyncDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private readonly TestRegistry _registry = new();

    private ImageReference Name => new(_registry.Host, "dotnet/aspnet", "10.0");

    private string LockFile => _folder.File(BaseImageLock.FileName);

    [Fact]
    public async Task The_file_is_written_then_left_then_moved_with_what_changes()
    {
        var first = await PushAsync("first");
        (await UpdateAsync()).ShouldBe([$"base image {Name}", $"  now {first} (2 layers)", "  written to base-image.lock.json: commit it"]);
        var written = await File.ReadAllTextAsync(LockFile, Token);
        (await UpdateAsync()).ShouldBe([$"base image {Name}: unchanged, {first}"]);
        (await File.ReadAllTextAsync(LockFile, Token)).ShouldBe(written);

        BaseImageLock.With(BaseImageLock.Read(LockFile), new LockedBaseImage("other.example/base:1", first, DateTimeOffset.UnixEpoch)).Write(LockFile);
        var second = await PushAsync("second");
        (await UpdateAsync()).ShouldBe(
        [
            $"base image {Name}",
            $"  was {first} (2 layers)",
            $"  now {second} (2 layers, 1 of them new)",
            "  written to base-image.lock.json: commit it",
        ]);
        var read = BaseImageLock.Read(LockFile)!;
        read.Find(Name).ShouldBe(second);
        read.BaseImages.Count.ShouldBe(2);
        Directory.EnumerateFiles(_folder.Path).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_index_is_pinned_as_a_whole_and_one_platform_stands_for_all()
    {
        var digest = await PushAsync("multi", "amd64", "arm64");
        (await UpdateAsync())[1].ShouldBe($"  now {digest} (2 layers)");
        BaseImageLock.Read(LockFile)!.Find(Name).ShouldBe(digest);
    }

    /// <summary>With several ContainerRuntimeIdentifiers the SDK takes each platform's image out of this index: the same digest, at the mirror.</summary>
    [Fact]
    public async Task For_several_platforms_the_lock_keeps_the_index_under_its_own_name_and_the_mirror_has_that_index_and_each_platform_of_it()
    {
        var upstream = new ImageReference("mcr.microsoft.com", "dotnet/aspnet", "10.0");
        var index = await PushAsync("multi", "amd64", "arm64");
        var mirrors = RegistryMirrors.Parse([$"mcr.microsoft.com|{_registry.Host}"]);
        var rules = new BaseImageRules(["mcr.microsoft.com/dotnet/*"], RequireDigest: true, mirrors, LockFile);

        // As the target does it: asked is the mirror, written down is the name.
        mirrors.Apply(upstream).Name.ShouldBe(Name.Name);
        await UpdateAsync(upstream);
        var resolved = rules.Resolve(upstream.ToString());
        await PushAsync("moved since", "amd64", "arm64");

        BaseImageLock.Read(LockFile)!.BaseImages.ShouldHaveSingleItem().ShouldSatisfyAllConditions(locked => locked.Name.ShouldBe(upstream.ToString()), locked => locked.Digest.ShouldBe(index));
        resolved.Name.ShouldBe(upstream.At(index) with { Tag = upstream.Tag });
        resolved.Source.ToString().ShouldBe($"{_registry.Host}/dotnet/aspnet:10.0@{index}");
        var store = _bench.Store(resolved.Source.Registry!, resolved.Source.Repository);
        var manifests = JsonSerializer.Deserialize((await store.ReadManifestAsync(resolved.Source.Digest!.Value, Token))!, OciJson.Plain.OciIndex)!.Manifests!;
        manifests.Select(manifest => manifest.Platform!.Architecture).ShouldBe(["amd64", "arm64"]);
        foreach (var manifest in manifests)
            (await store.ReadManifestAsync(manifest.Digest, Token)).ShouldNotBeNull();
        // Nor is another platform's image taken for it: resolving again gives the index, whatever the tag points to by now.
        rules.Resolve(upstream.ToString()).ShouldBe(resolved);
    }

    [Fact]
    public async Task An_earlier_image_that_is_gone_is_said_to_be_gone()
    {
        await PushAsync("first");
        BaseImageLock.With(null, new LockedBaseImage(Name.ToString(), Digest.Of("gone"u8), DateTimeOffset.UnixEpoch)).Write(LockFile);
        (await UpdateAsync())[1].ShouldBe($"  was {Digest.Of("gone"u8)} (no longer in the registry)");
    }

    [Fact]
    public async Task A_tag_that_is_not_there_and_a_digest_in_the_project_change_nothing()
    {
        await RegistryBench.FailureAsync(() => UpdateAsync(), DiagnosticCodes.BaseImageUnknown);
        await RegistryBench.FailureAsync(() => UpdateAsync(Name.At(Digest.Of("x"u8))), DiagnosticCodes.BaseImageUnknown);
        File.Exists(LockFile).ShouldBeFalse();
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _bench.Dispose();
        _folder.Dispose();
    }

    private Task<IReadOnlyList<string>> UpdateAsync(ImageReference? name = null) =>
        new BaseImageUpdate(_bench.Store(_registry.Host, Name.Repository), LockFile, TimeProvider.System).RunAsync(name ?? Name, Token);

    private async Task<Digest> PushAsync(string text, params string[] architectures)
    {
        using var folder = new TestFolder();
        var image = SampleImage.Write(folder, text, 1000, architectures);
        var store = _bench.Store(_registry.Host, Name.Repository);
        var pushed = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        await store.SetTagAsync(Name.Tag!, pushed.Root, Token);
        return pushed.Digest;
    }
}
