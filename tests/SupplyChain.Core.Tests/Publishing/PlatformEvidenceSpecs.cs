using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>The evidence at the images of the platforms, in a registry that keeps the list of referrers under a tag.</summary>
public sealed class PlatformEvidenceSpecs : IAsyncLifetime
{
    private static readonly string[] Types = [PredicateTypes.CosignSignature, PredicateTypes.CycloneDx];

    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private readonly TestRegistry _registry = new(new TestRegistryOptions { ReferrersApi = false });
    private PushedImage _pushed = null!;
    private Descriptor[] _children = null!;
    private EvidencePlace _place = null!;
    private IReadOnlyList<SignedEvidence> _ours = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var store = _bench.Store(_registry.Host);
        var image = SampleImage.Write(_folder, "multi", 1000, "amd64", "arm64");
        _pushed = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        _children = [.. image.ListChildren()];
        _place = new EvidencePlace(store, SignatureFormat.Bundle, TimeProvider.System);
        _ours = Evidence("ours", [.. _children.Select(child => child.Digest)]);
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _bench.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_bundles_of_the_index_are_with_each_image_of_it()
    {
        foreach (var child in _children)
        {
            await AttachAsync(child, _ours);
            await RequireAsync(child, await _place.ReadAsync(child, Token));
        }
    }

    [Fact]
    public async Task An_image_of_the_index_without_its_evidence_fails_the_verification()
    {
        await AttachAsync(_children[0], _ours);
        await AttachAsync(_children[1], [_ours[0]]);

        await RequireAsync(_children[0], await _place.ReadAsync(_children[0], Token));
        var failure = await FailureAsync(_children[1], await _place.ReadAsync(_children[1], Token));

        failure.Message.ShouldStartWith($"the CycloneDX SBOM ({PredicateTypes.CycloneDx}) is not with {_registry.Host}/team/app@{_children[1].Digest}, an image of the index.");
    }

    [Fact]
    public async Task An_image_of_the_index_with_somebody_elses_bundles_fails_the_verification()
    {
        await AttachAsync(_children[0], Evidence("mallory", [.. _children.Select(child => child.Digest)]));

        await FailureAsync(_children[0], await _place.ReadAsync(_children[0], Token));
    }

    [Fact]
    public async Task A_bundle_of_ours_that_is_not_about_the_image_it_lies_with_fails_the_verification()
    {
        _ours = Evidence("index alone", []);

        await FailureAsync(_children[0], [.. _ours.Select(signed => new StoredBundle(signed.PredicateType, File.ReadAllBytes(signed.BundleFile)))]);
    }

    /// <summary>He had read the list before our entries were there, and writes it after we have read them back.</summary>
    [Fact]
    public async Task What_another_writer_took_off_the_list_of_an_image_of_the_index_is_attached_again_and_his_stays()
    {
        var child = _children[1];
        await AttachAsync(child, Evidence("theirs", [.. _children.Select(one => one.Digest)]));
        var list = _registry.Manifest("team/app", $"sha256-{child.Digest.Hex}")!;
        SignedEvidence[] own = [SampleImage.Evidence(_folder, child.Digest, PredicateTypes.Spdx, "of the platform alone")];
        var attached = SignedEvidence.With(child.Digest, _ours, own, _pushed.Digest);
        attached.Count.ShouldBe(3);
        await _place.AttachAsync(child, attached, DateTimeOffset.UnixEpoch, Token);
        _registry.AddManifest("team/app", MediaTypes.OciIndex, list, $"sha256-{child.Digest.Hex}");
        await FailureAsync(child, await _place.ReadAsync(child, Token));
        var log = new List<string>();

        var stored = await new LostEvidence(_place, log.Add).ReadBackAsync(child, attached, DateTimeOffset.UnixEpoch, Token);

        await RequireAsync(child, stored);
        stored.Count.ShouldBe(Types.Length + attached.Count);
        log.ShouldHaveSingleItem().ShouldContain("attaching it again");
        (await _place.ReadAsync(child, Token)).Count.ShouldBe(stored.Count);
    }

    private Task AttachAsync(Descriptor child, IReadOnlyList<SignedEvidence> evidence) =>
        _place.AttachAsync(child, SignedEvidence.For(child.Digest, evidence, _pushed.Digest), DateTimeOffset.UnixEpoch, Token);

    private Task RequireAsync(Descriptor child, IReadOnlyList<StoredBundle> stored) =>
        new PlatformEvidence(SignatureFormat.Bundle).RequireAsync(child, stored, _pushed, _ours, Token);

    private Task<Diagnostic> FailureAsync(Descriptor child, IReadOnlyList<StoredBundle> stored) =>
        RegistryBench.FailureAsync(() => RequireAsync(child, stored), DiagnosticCodes.VerificationFailed);

    /// <summary>About the index, and these images of it.</summary>
    private IReadOnlyList<SignedEvidence> Evidence(string name, IReadOnlyList<Digest> images) => [.. Types.Select(type =>
    {
        var file = _folder.File($"{name}-{PredicateTypes.FileName(type)}.sigstore.json");
        SampleImage.WriteBundle(file, _pushed.Digest, type, name, others: images);
        return new SignedEvidence(_pushed.Digest, type, file);
    })];
}
