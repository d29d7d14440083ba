using System.Text;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.Core.Verifying;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Verifying;

/// <summary>Somebody changes what a registry keeps: behind its back on its disk, or with the right to write to the repository.</summary>
[Trait("Category", "Slow")]
public sealed class TamperedRegistrySpecs : IAsyncLifetime
{
    private readonly SigningFixture _fixture = new();
    private readonly TestFolder _storage = new();
    private readonly HttpClient _http = RegistryHttp.CreateClient();
    private DockerRegistry _registry = null!;
    private RegistryStore _store = null!;
    private Descriptor _image = null!;
    private bool _readLayers = true;

    public async ValueTask InitializeAsync()
    {
        _registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { Storage = _storage.Path }, SigningFixture.Token);
        _store = SmallImage.Registry(_registry.Host, "team/hello-api", _http);
        _image = await SmallImage.WriteAsync(_store);
        await _store.SetTagAsync("1.4.0", _image, SigningFixture.Token);
        await _fixture.MakeKeyAsync("cosign");
        await SignAsync();
        (await ExamineAsync()).Statements.Count.ShouldBe(1);
    }

    private async Task SignAsync()
    {
        var evidence = await _fixture.SignAsync(_fixture.Settings("cosign.key"), SigningFixture.Signature(_image.Digest));
        await new EvidenceWriter().AttachAsync(_store, _image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _http.Dispose();
        _fixture.Dispose();
        _storage.Dispose();
    }

    [Fact]
    public async Task Any_byte_of_the_bundle_counts()
    {
        var stored = (await new EvidenceReader().ListAsync(_store, _image, SigningFixture.Token)).ShouldHaveSingleItem();
        await ShouldRefuseEveryChangeAsync(stored.Bundle.Digest, positions: 12);
    }

    [Fact]
    public async Task Any_byte_of_the_manifest_that_carries_the_bundle_counts()
    {
        var stored = (await new EvidenceReader().ListAsync(_store, _image, SigningFixture.Token)).ShouldHaveSingleItem();
        await ShouldRefuseEveryChangeAsync(stored.Manifest.Digest, positions: 8);
    }

    [Fact]
    public async Task Any_byte_of_the_image_s_manifest_counts() => await ShouldRefuseEveryChangeAsync(_image.Digest, positions: 8);

    [Fact]
    public async Task Any_byte_of_the_configuration_counts_and_of_the_layers_where_they_are_read()
    {
        var manifest = JsonSerializer.Deserialize((await _store.ReadManifestAsync(_image.Digest, SigningFixture.Token))!, OciJson.Default.OciManifest)!;
        await ShouldRefuseEveryChangeAsync(manifest.Config.Digest, positions: 4);
        await ShouldRefuseEveryChangeAsync(manifest.Layers.ShouldHaveSingleItem().Digest, positions: 4);
        _readLayers = false;
        File.Delete(FileOf(manifest.Layers[0].Digest));
        (await RefusedAsync()).ShouldContain("no longer has the layer");
    }

    [Fact]
    public async Task Any_byte_of_an_index_and_of_what_it_lists_counts()
    {
        var (first, second) = (await SmallImage.WriteAsync(_store, "amd64"), await SmallImage.WriteAsync(_store, "arm64"));
        var content = JsonSerializer.SerializeToUtf8Bytes(new OciIndex(2, MediaTypes.OciIndex, [first, second]), OciJson.Plain.OciIndex);
        _image = new Descriptor(MediaTypes.OciIndex, Digest.Of(content), content.Length);
        await _store.WriteManifestAsync(_image, content, SigningFixture.Token);
        await _store.SetTagAsync("1.4.0", _image, SigningFixture.Token);
        await SignAsync();

        await ShouldRefuseEveryChangeAsync(_image.Digest, positions: 4);
        await ShouldRefuseEveryChangeAsync(second.Digest, positions: 4);
        File.Delete(FileOf(first.Digest));
        (await RefusedAsync()).ShouldContain("no longer has the manifest");
    }

    [Fact]
    public async Task Any_byte_of_the_list_of_referrers_counts()
    {
        var list = await _store.ResolveTagAsync(RegistryReferrers.FallbackTag(_image.Digest), SigningFixture.Token);
        await ShouldRefuseEveryChangeAsync(list!.Value, positions: 12);
    }

    [Fact]
    public async Task A_list_of_referrers_that_was_emptied_or_leads_to_other_evidence_is_no_signature()
    {
        var other = await SmallImage.WriteAsync(_store, "another image");
        var evidence = await _fixture.SignAsync(_fixture.Settings("cosign.key"), SigningFixture.Signature(other.Digest));
        var attached = await new EvidenceWriter().AttachAsync(_store, other, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        var tag = RegistryReferrers.FallbackTag(_image.Digest);
        foreach (var manifests in new[] { "", $$"""{"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{attached[0].Digest}}","size":{{attached[0].Size}},"artifactType":"{{MediaTypes.SigstoreBundle}}"}""" })
        {
            var index = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{manifests}}]}""");
            var root = new Descriptor(MediaTypes.OciIndex, Digest.Of(index), index.Length);
            await _store.WriteManifestAsync(root, index, SigningFixture.Token);
            await _store.SetTagAsync(tag, root, SigningFixture.Token);

            await RefusedAsync();
        }
    }

    [Fact]
    public async Task A_tag_that_was_moved_leads_to_an_image_that_nobody_signed()
    {
        var other = await SmallImage.WriteAsync(_store, "another image");
        await _store.SetTagAsync("1.4.0", other, SigningFixture.Token);

        (await RefusedAsync()).ShouldContain(other.Digest.ToString());
    }

    private string FileOf(Digest blob) => Path.Combine(_storage.Path, "docker/registry/v2/blobs/sha256", blob.Hex[..2], blob.Hex, "data");

    private async Task ShouldRefuseEveryChangeAsync(Digest blob, int positions)
    {
        var file = FileOf(blob);
        var content = await File.ReadAllBytesAsync(file, SigningFixture.Token);
        for (var number = 0; number < positions; number++)
        {
            var changed = content.ToArray();
            changed[(int)((long)(content.Length - 1) * number / (positions - 1))] ^= 1;
            await File.WriteAllBytesAsync(file, changed, SigningFixture.Token);
            await RefusedAsync();
        }
        await File.WriteAllBytesAsync(file, content, SigningFixture.Token);
        (await ExamineAsync()).Statements.Count.ShouldBe(1);
    }

    private async Task<string> RefusedAsync() => (await Should.ThrowAsync<DiagnosticException>(ExamineAsync)).Message;

    private Task<ExaminedImage> ExamineAsync() => new ImageExaminer(new Verifier(_fixture.Runner, _fixture.Cosign, _fixture.Machine)).ExamineAsync(
        _store,
        new ExaminationRequest(
            _store.Repository with { Tag = "1.4.0" },
            PublicKeySource.FromSettings(new SigningSettings(_fixture.File(".")) { VerificationKey = _fixture.File("cosign.pub") }, logged: false, _fixture.Machine)!,
            [],
            new RegistryAccess(),
            _fixture.File("work"))
        {
            ReadLayers = _readLayers,
        },
        SigningFixture.Token);
}
