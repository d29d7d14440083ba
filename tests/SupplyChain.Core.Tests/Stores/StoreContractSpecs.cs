using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>What every destination must do, whatever it is: our own strict registry with its switches, the real docker-registry 2.8, and an OCI layout.</summary>
public sealed class StoreContractSpecs : IDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly DateTimeOffset Created = new(2026, 11, 23, 6, 12, 0, TimeSpan.Zero);
    private readonly TestFolder _folder = new();

    public static TheoryData<StoreKind> Kinds => [.. Enum.GetValues<StoreKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_image_of_two_platforms_with_evidence_and_tags_can_be_read_back(StoreKind kind)
    {
        await using var under = await StoreUnderTest.StartAsync(kind, Token);
        var image = SampleImage.Write(_folder, "multi", 1000, "amd64", "arm64");
        var pushed = await PublishAsync(under.Open(), image, ["1.0", "1.1", "latest"]);

        var store = under.Open();
        foreach (var manifest in image.ListManifests())
            (await store.ReadManifestAsync(manifest.Digest, Token)).ShouldBe(await File.ReadAllBytesAsync(image.BlobPath(manifest.Digest), Token));
        foreach (var blob in image.ListBlobs())
        {
            (await store.HasBlobAsync(blob, Token)).ShouldBeTrue();
            await using var content = await store.ReadBlobAsync(blob, Token);
            using var memory = new MemoryStream();
            await content.CopyToAsync(memory, Token);
            memory.ToArray().ShouldBe(await File.ReadAllBytesAsync(image.BlobPath(blob.Digest), Token));
        }
        (await store.ResolveTagAsync("1.1", Token)).ShouldBe(pushed.Digest);
        (await store.ListTagsAsync(Token)).Where(tag => !tag.StartsWith("sha256-")).ShouldBe(["1.0", "1.1", "latest"], ignoreOrder: true);
        foreach (var subject in image.ListManifests())
        {
            var evidence = await new EvidenceReader().ListAsync(store, subject, Token);
            evidence.Select(e => e.PredicateType).ShouldBe([PredicateTypes.CosignSignature, PredicateTypes.CycloneDx], ignoreOrder: true);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Publishing_again_uploads_and_attaches_nothing(StoreKind kind)
    {
        await using var under = await StoreUnderTest.StartAsync(kind, Token);
        var image = SampleImage.Write(_folder);
        await PublishAsync(under.Open(), image, ["1.0"]);
        var again = await PublishAsync(under.Open(), image, ["1.0"]);
        (again.UploadedBlobs, again.UploadedBytes).ShouldBe((0, 0));
        (await under.Open().ListReferrersAsync(image.Root.Digest, Token)).Count.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_blob_arrives_whole_or_not_at_all(StoreKind kind)
    {
        await using var under = await StoreUnderTest.StartAsync(kind, Token);
        var store = under.Open();
        var content = SampleImage.Bytes(11 * 1024 * 1024, "large");
        var blob = SampleImage.Describe(content);
        (await store.HasBlobAsync(blob, Token)).ShouldBeFalse();
        await store.WriteBlobAsync(blob, () => new MemoryStream(content), Token);
        (await store.HasBlobAsync(blob, Token)).ShouldBeTrue();

        var other = SampleImage.Describe(SampleImage.Bytes(5000, "announced"));
        await RegistryBench.FailureAsync(() => store.WriteBlobAsync(other, () => new MemoryStream(new byte[5000]), Token), DiagnosticCodes.ImageChanged);
        (await store.HasBlobAsync(other, Token)).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_is_not_there_is_no_error_when_it_is_asked_for_and_one_when_it_is_needed(StoreKind kind)
    {
        await using var under = await StoreUnderTest.StartAsync(kind, Token);
        var store = under.Open();
        var nothing = SampleImage.Describe("nothing"u8.ToArray());
        (await store.HasBlobAsync(nothing, Token)).ShouldBeFalse();
        (await store.ReadManifestAsync(nothing.Digest, Token)).ShouldBeNull();
        (await store.ResolveTagAsync("1.0", Token)).ShouldBeNull();
        (await store.ListTagsAsync(Token)).ShouldBeEmpty();
        (await store.ListReferrersAsync(nothing.Digest, Token)).ShouldBeEmpty();
        (await Should.ThrowAsync<DiagnosticException>(() => store.ReadBlobAsync(nothing, Token))).ShouldNotBeNull();
        (await Should.ThrowAsync<DiagnosticException>(() => store.SetTagAsync("1.0", nothing, Token))).ShouldNotBeNull();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_tag_does_not_move_and_a_mutable_one_does(StoreKind kind)
    {
        await using var under = await StoreUnderTest.StartAsync(kind, Token);
        var (first, second) = (SampleImage.Write(_folder, "one"), SampleImage.Write(_folder, "two"));
        await PublishAsync(under.Open(), first, ["1.0", "latest"]);
        var failure = await RegistryBench.FailureAsync(() => PublishAsync(under.Open(), second, ["1.0", "latest"]), DiagnosticCodes.TagPointsElsewhere);
        failure.Message.ShouldContain($"tag 1.0 in {under.Open().Repository.Name} already points to {first.Root.Digest.Short}, this image is {second.Root.Digest.Short}");
        (await under.Open().ResolveTagAsync("latest", Token)).ShouldBe(first.Root.Digest);
        await PublishAsync(under.Open(), second, ["latest"]);
        (await under.Open().ResolveTagAsync("latest", Token)).ShouldBe(second.Root.Digest);
        (await under.Open().ResolveTagAsync("1.0", Token)).ShouldBe(first.Root.Digest);
    }

    /// <summary>Where the store can look and write in one step: exactly one wins. Elsewhere the tag points to one of them, and both images are complete all the same.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Of_two_publishes_that_race_for_a_tag_the_loser_gets_the_code_and_both_images_are_complete(StoreKind kind)
    {
        await using var under = await StoreUnderTest.StartAsync(kind, Token);
        ImageLayout[] images = [SampleImage.Write(_folder, "one"), SampleImage.Write(_folder, "two")];
        for (var round = 0; round < 10; round++)
        {
            var tag = $"1.{round}";
            var ends = await Task.WhenAll(images.Select(image => Task.Run(() => EndAsync(() => PublishAsync(under.Open(), image, [tag])), Token)));
            ends.OfType<DiagnosticException>().ShouldAllBe(failure => failure.Diagnostic.Code == DiagnosticCodes.TagPointsElsewhere);
            var now = await under.Open().ResolveTagAsync(tag, Token);
            images.Select(image => (Digest?)image.Root.Digest).ShouldContain(now);
            ends[now == images[0].Root.Digest ? 0 : 1].ShouldBeNull();
            if (kind is StoreKind.TestRegistryWithConditionalWrites or StoreKind.Layout)
                ends.Count(end => end is null).ShouldBe(1);
        }
        foreach (var image in images)
            (await new EvidenceReader().ListAsync(under.Open(), image.Root, Token)).Count.ShouldBe(2);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<Exception?> EndAsync(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (DiagnosticException failure)
        {
            return failure;
        }
    }

    private async Task<PushedImage> PublishAsync(IImageStore store, ImageLayout image, string[] tags)
    {
        var pushed = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        foreach (var subject in image.ListManifests())
        {
            SignedEvidence[] evidence = [.. new[] { PredicateTypes.CosignSignature, PredicateTypes.CycloneDx }.Select(type => SampleImage.Evidence(_folder, subject.Digest, type, subject.Digest.Hex[..8]))];
            await new EvidenceWriter().AttachAsync(store, subject, evidence, Created, Token);
        }
        await new Tagger().TagAsync(store, pushed, tags, TagPolicy.Default, Token);
        return pushed;
    }
}
