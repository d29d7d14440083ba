using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Signing;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>What is written, ahead and by several at once.</summary>
public sealed partial class EvidencePlaceSpecs
{
    [Fact]
    public async Task What_was_sent_ahead_is_found_by_nobody_and_not_sent_again()
    {
        var place = Place(SignatureFormat.Bundle);
        var evidence = await SignAsync(_fixture.Settings("cosign.key"), place.Format);
        var before = await UploadsAsync();
        await place.SendAsync(evidence, SigningFixture.Token);
        var sent = await UploadsAsync();
        sent.ShouldBeGreaterThanOrEqualTo(before + evidence.Count, "each bundle");
        (await place.ReadAsync(_image, SigningFixture.Token)).ShouldBeEmpty();

        await place.AttachAsync(_image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        (await UploadsAsync()).ShouldBe(sent);
        (await place.ReadAsync(_image, SigningFixture.Token)).Count.ShouldBe(evidence.Count);

        async Task<int> UploadsAsync() => (await _registry.WritesAsync(SigningFixture.Token)).Count(request => request.Path.Contains("/team/hello-api/blobs/uploads/", StringComparison.Ordinal) && request.Method == "PUT");
    }

    [Fact]
    public async Task What_cannot_be_sent_ahead_is_said_when_it_is_attached()
    {
        var place = Place(SignatureFormat.Bundle);
        var evidence = await SignAsync(_fixture.Settings("cosign.key"), place.Format);
        File.Delete(evidence[0].BundleFile);

        await place.SendAsync(evidence, SigningFixture.Token);

        (await Should.ThrowAsync<DiagnosticException>(() => place.AttachAsync(_image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token))).Diagnostic.Code.ShouldBe(DiagnosticCodes.EvidenceUnusable);
    }

    /// <summary>A tag cannot be changed by two at once without one losing: each reads back, and adds again what the other took away.</summary>
    [Fact]
    public async Task Writers_at_the_same_time_lose_nothing()
    {
        var legacy = new LegacyEvidence(_store, TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(number => legacy.AddAsync(
            LegacyEvidence.AttestationTag(_image.Digest),
            [new LegacyLayer(LegacyLayer.Envelope, new byte[] { (byte)number }, new Dictionary<string, string> { ["predicateType"] = "x" })],
            SigningFixture.Token)));

        (await legacy.ListAsync(LegacyEvidence.AttestationTag(_image.Digest), SigningFixture.Token)).Count.ShouldBe(6);
    }

    [Fact]
    public async Task What_another_writer_took_off_the_list_is_attached_again_and_his_stays()
    {
        var place = Place(SignatureFormat.Bundle);
        await _fixture.MakeKeyAsync("other");
        var theirs = await _fixture.SignAsync(_fixture.Settings("other.key"), SigningFixture.Signature(_image.Digest), SigningFixture.SbomOf(_image.Digest, "theirs"));
        await place.AttachAsync(_image, theirs, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        var tag = $"sha256-{_image.Digest.Hex}";
        var list = (await _store.ReadTagAsync(tag, SigningFixture.Token))!.Content!;
        var ours = await SignAsync(_fixture.Settings("cosign.key"), place.Format);
        await place.AttachAsync(_image, ours, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        // The list as it was before ours, written after ours had been read back.
        using var content = new ByteArrayContent(list);
        content.Headers.ContentType = new(MediaTypes.OciIndex);
        (await _http.PutAsync($"http://{_registry.Host}/v2/team/hello-api/manifests/{tag}", content, SigningFixture.Token)).IsSuccessStatusCode.ShouldBeTrue();
        (await place.ReadAsync(_image, SigningFixture.Token)).Count.ShouldBe(theirs.Count);

        var lost = new LostEvidence(place, _ => { });
        // Read before it was taken off the list, or after: that of this moment is only the first one.
        var begun = place.ReadAsync(_image, SigningFixture.Token);
        var stored = await lost.ReadBackAsync(_image, ours, DateTimeOffset.UnixEpoch, SigningFixture.Token, begun);

        stored.Count.ShouldBe(theirs.Count + ours.Count);
        lost.HasAttached.ShouldBeTrue();
        var whole = new LostEvidence(place, _ => { });
        (await whole.ReadBackAsync(_image, ours, DateTimeOffset.UnixEpoch, SigningFixture.Token, Task.FromResult(stored))).ShouldBeSameAs(stored, "what is on its way is not asked for again");
        whole.HasAttached.ShouldBeFalse();
    }
}
