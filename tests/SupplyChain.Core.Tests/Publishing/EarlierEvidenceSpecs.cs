using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>Evidence that lies in the destination is kept only where nobody else can have put it there.</summary>
public sealed class EarlierEvidenceSpecs : IDisposable
{
    private readonly SigningFixture _fixture = new();
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Our_own_evidence_is_kept_and_that_of_another_key_is_not()
    {
        await _fixture.MakeKeyAsync("cosign");
        await _fixture.MakeKeyAsync("other");
        using var destination = Destination();
        var image = await PublishAsync(destination, "cosign.key");

        (await FindAsync(destination, image, _fixture.Settings("cosign.key")))!.ShouldHaveSingleItem().Subject.ShouldBe(image.Digest);
        (await FindAsync(destination, image, _fixture.Settings("other.key"))).ShouldBeNull();
    }

    /// <summary>Who we are is known only once we have signed; a bundle found there would name its own maker.</summary>
    [Fact]
    public async Task Without_a_key_everything_is_signed_anew()
    {
        await _fixture.MakeKeyAsync("cosign");
        using var destination = Destination();
        var image = await PublishAsync(destination, "cosign.key");
        _fixture.Machine.Variables["SIGSTORE_ID_TOKEN"] = "token";
        var before = _fixture.Runner.Invocations.Count;

        (await FindAsync(destination, image, new SigningSettings(_folder.Path))).ShouldBeNull();

        _fixture.Runner.Invocations.Count.ShouldBe(before);
    }

    [Fact]
    public async Task Evidence_that_cannot_be_read_any_more_is_no_reason_to_fail()
    {
        await _fixture.MakeKeyAsync("cosign");
        using var destination = Destination();
        var image = await PublishAsync(destination, "cosign.key");
        var stored = (await new EvidenceReader().ListAsync(destination.Store, image, SigningFixture.Token)).ShouldHaveSingleItem();
        File.Delete(_folder.File($"image/blobs/sha256/{stored.Bundle.Digest.Hex}"));

        (await FindAsync(destination, image, _fixture.Settings("cosign.key"))).ShouldBeNull();
    }

    public void Dispose()
    {
        _fixture.Dispose();
        _folder.Dispose();
    }

    private Destination Destination() => new(
        new PublishPlan
        {
            ProjectFile = "/app/app.csproj",
            AssemblyName = "app",
            Version = "1.0.0",
            TargetFramework = "net10.0",
            AssetsFile = "/app/obj/project.assets.json",
            Repository = new ImageReference(null, "app"),
            Tags = [],
            OutputDirectory = _folder.Path,
            Gate = new GatePolicy(SeverityThreshold.Critical),
            TagPolicy = TagPolicy.Default,
            Signing = new SigningSettings("/app"),
        },
        _ => null,
        TimeProvider.System);

    private async Task<Descriptor> PublishAsync(Destination destination, string key)
    {
        var image = await SmallImage.WriteAsync(destination.Store);
        var evidence = await _fixture.SignAsync(_fixture.Settings(key), SigningFixture.Signature(image.Digest));
        await new EvidenceWriter().AttachAsync(destination.Store, image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        return image;
    }

    private Task<IReadOnlyList<SignedEvidence>?> FindAsync(Destination destination, Descriptor image, SigningSettings settings)
    {
        Directory.CreateDirectory(_folder.File("bundles"));
        return new EarlierEvidence(destination, _fixture.Runner, _fixture.Cosign, settings, _fixture.Machine, _folder.File("work"))
            .FindAsync(image, [SigningFixture.Signature(image.Digest)], SigningIdentity.Resolve(settings, _fixture.Machine), _folder.File("bundles"), SigningFixture.Token);
    }
}
