using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>One run of the real cosign for everything in the real registry; and whatever is not quite so is asked about one by one.</summary>
public sealed class VerificationTogetherSpecs : IAsyncLifetime
{
    private static readonly string[] Types = [PredicateTypes.CosignSignature, PredicateTypes.CycloneDx, PredicateTypes.Provenance];

    private readonly SigningFixture _fixture = new();
    private readonly HttpClient _http = RegistryHttp.CreateClient();
    private readonly AcceptedBundles _accepted = new();
    private DockerRegistry _registry = null!;
    private RegistryStore _store = null!;
    private Descriptor _image = null!;
    private IReadOnlyList<SignedEvidence> _own = [];
    private ExpectedSigner _signer = null!;

    public async ValueTask InitializeAsync()
    {
        _registry = await DockerRegistry.StartAsync(SigningFixture.Token);
        _store = SmallImage.Registry(_registry.Host, "team/hello-api", _http);
        _image = await SmallImage.WriteAsync(_store);
        await _fixture.MakeKeyAsync("cosign");
        _own = await SignAsync("cosign.key", [.. Types.Select(type => Statement(type))]);
        await AttachAsync(_own);
        _signer = await _fixture.SignerAsync(_fixture.Settings("cosign.key"), _own);
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _http.Dispose();
        _accepted.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task Everything_is_verified_by_one_run_of_cosign_and_not_once_more_while_it_is_the_same()
    {
        (await AskedAsync(await RequestAsync())).ShouldBe(["verify"]);
        (await AskedAsync(await RequestAsync())).ShouldBeEmpty();
        (await AskedAsync(await RequestAsync() with { FromBytes = true })).ShouldBeEmpty("the very bytes were accepted");
    }

    [Fact]
    public async Task A_second_statement_of_a_type_by_the_same_key_is_verified_with_the_others()
    {
        await AttachAsync(await SignAsync("cosign.key", Statement(PredicateTypes.Provenance, """{"run":2}""")));

        (await AskedAsync(await RequestAsync())).ShouldBe(["verify"]);
    }

    /// <summary>The key was replaced since, or somebody else signs too.</summary>
    [Fact]
    public async Task A_type_that_another_key_has_signed_as_well_is_asked_about_by_itself()
    {
        await _fixture.MakeKeyAsync("other");
        await AttachAsync(await SignAsync("other.key", Statement(PredicateTypes.Provenance)));

        (await AskedAsync(await RequestAsync())).ShouldBe(["verify", "verify-blob-attestation"]);
    }

    [Fact]
    public async Task A_bundle_that_somebody_else_wrote_in_another_way_is_left_to_cosign()
    {
        var bundle = await File.ReadAllBytesAsync(_own[1].BundleFile, SigningFixture.Token);
        await File.WriteAllBytesAsync(_own[1].BundleFile, [.. bundle, (byte)'\n'], SigningFixture.Token);
        await AttachAsync([_own[1]]);

        (await AskedAsync(await RequestAsync())).ShouldBe(["verify", "verify-blob-attestation"]);
    }

    /// <summary>The registry shows cosign other things than us.</summary>
    [Fact]
    public async Task What_only_we_were_given_is_not_verified_by_what_cosign_was_given()
    {
        var hidden = await SignAsync("cosign.key", Statement(PredicateTypes.Spdx, """{"spdxVersion":"SPDX-2.3"}"""));
        var request = await RequestAsync();
        var given = new StoredBundle(PredicateTypes.Spdx, await File.ReadAllBytesAsync(hidden[0].BundleFile, SigningFixture.Token));

        (await AskedAsync(request with { Stored = [.. request.Stored, given], Own = [.. _own, .. hidden], PredicateTypes = [.. Types, PredicateTypes.Spdx] })).ShouldBe(["verify", "verify-blob-attestation"]);
    }

    [Theory]
    [InlineData("mallory.pub")]
    [InlineData("no-such.pub")]
    public async Task Another_key_than_the_signer_s_verifies_nothing(string key)
    {
        await _fixture.MakeKeyAsync("mallory");
        var request = await RequestAsync() with { Signer = _signer with { Key = _fixture.File(key) } };

        (await Should.ThrowAsync<DiagnosticException>(() => AskedAsync(request))).Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
        (await AskedAsync(await RequestAsync())).ShouldBe(["verify"]);
    }

    /// <summary>Cosign accepts a lone bill of materials as well, so what it accepts is compared with what is asked for.</summary>
    [Fact]
    public async Task What_is_missing_is_not_made_up_for_by_what_is_there()
    {
        var missing = await SignAsync("cosign.key", Statement(PredicateTypes.Spdx, """{"spdxVersion":"SPDX-2.3"}"""));
        var request = await RequestAsync() with { Own = [.. _own, .. missing], PredicateTypes = [.. Types, PredicateTypes.Spdx] };

        (await Should.ThrowAsync<DiagnosticException>(() => AskedAsync(request))).Message.ShouldContain(PredicateTypes.Spdx);
    }

    [Fact]
    public async Task A_valid_statement_that_is_not_the_one_just_signed_is_refused_here_too()
    {
        var newer = await SignAsync("cosign.key", Statement(PredicateTypes.Provenance, """{"run":2}"""));
        var request = await RequestAsync() with { Own = [.. _own.SkipLast(1), .. newer] };

        (await Should.ThrowAsync<DiagnosticException>(() => AskedAsync(request))).Message.ShouldContain("what this publish signed");
    }

    /// <summary>Fake programs: of what the real one cannot be made to say.</summary>
    [Theory]
    [InlineData("exit 1")]
    [InlineData("echo '[]'")]
    [InlineData("echo 'no JSON'")]
    [InlineData("echo '{}'")]
    [InlineData("""echo '[{"critical":null}]'""")]
    [InlineData("""echo '[{"critical":{"type":"https://sigstore.dev/cosign/sign/v1"}}]'""")]
    [InlineData("""echo '[{"critical":{"type":"https://sigstore.dev/cosign/sign/v1","image":{"docker-manifest-digest":"sha256:0"}}}]'""")]
    public async Task A_fake_cosign_that_lists_nothing_usable_verifies_nothing(string script)
    {
        var file = _fixture.File("fake-cosign");
        await File.WriteAllTextAsync(file, $"#!/bin/sh\n[ \"$1\" = verify ] || exit 1\n{script}\n", SigningFixture.Token);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var request = await RequestAsync();

        (await Should.ThrowAsync<DiagnosticException>(() => new Verifier(_fixture.Runner, new Tool("cosign", file, "PATH"), _fixture.Machine) { Accepted = _accepted }.VerifyAsync(request, SigningFixture.Token)))
            .Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
    }

    /// <summary>The next publish of the same project, an hour or days later.</summary>
    [Fact]
    public async Task What_cosign_accepted_in_the_last_publish_is_checked_by_the_key_alone_as_long_as_everything_is_the_same()
    {
        (await AskedAsync(await RequestAsync())).ShouldBe(["verify"]);
        Keep();

        (await AskedAgainAsync()).ShouldBeEmpty();
        (await AskedAgainAsync(after: TimeSpan.FromHours(25))).ShouldBe(["verify"], "too old");
        (await AskedAgainAsync(after: TimeSpan.FromMinutes(-1))).ShouldBe(["verify"], "of a clock that was wrong");
        (await AskedAgainAsync(maximumAge: TimeSpan.Zero)).ShouldBe(["verify"], "nothing is kept");
        (await AskedAgainAsync(change: request => request with { Access = new RegistryAccess { PlainHttp = true } })).ShouldBe(["verify"], "asked in other words");
        (await AskedAgainAsync(change: request => request with { FromBytes = true })).ShouldNotBeEmpty("that is what is asked about bytes that may lie nowhere else");

        await AttachAsync(await SignAsync("cosign.key", Statement(PredicateTypes.Provenance, """{"run":2}""")));
        (await AskedAgainAsync()).ShouldBe(["verify"], "there is more than there was");
    }

    [Fact]
    public async Task What_was_kept_does_not_help_a_bundle_that_the_key_has_not_signed()
    {
        var bundle = await File.ReadAllBytesAsync(_own[2].BundleFile, SigningFixture.Token);
        (await AskedAsync(await RequestAsync())).ShouldBe(["verify"]);
        Keep();
        await _fixture.MakeKeyAsync("other");
        var request = await RequestAsync();
        var forged = await SignAsync("other.key", Statement(PredicateTypes.Provenance));

        // Even where somebody has written into obj/ that cosign had accepted just that.
        using var accepted = new AcceptedBundles();
        foreach (var asked in new[] { request.AskedOfBytes(PredicateTypes.Provenance), request.AskedInRegistry(PredicateTypes.Provenance) })
            accepted.AddListed(AcceptedBundles.Question(await File.ReadAllBytesAsync(forged[0].BundleFile, SigningFixture.Token), _signer, asked)!);
        Open(TimeSpan.Zero, TimeSpan.FromHours(24)).ShouldNotBeNull().Write(accepted.Listed);
        var stored = request.Stored.Select(item => item.Content.Span.SequenceEqual(bundle) ? new StoredBundle(PredicateTypes.Provenance, File.ReadAllBytes(forged[0].BundleFile)) : item).ToList();

        (await Should.ThrowAsync<DiagnosticException>(() => AskedAgainAsync(change: _ => request with { Stored = stored, Own = [.. _own.SkipLast(1), .. forged] }))).Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
    }

    [Fact]
    public async Task What_was_kept_is_forgotten_when_something_is_added_and_with_another_cosign()
    {
        (await AskedAsync(await RequestAsync())).ShouldBe(["verify"]);
        Keep();
        using var accepted = AcceptedBundles.After(Open(TimeSpan.Zero, TimeSpan.FromHours(24)));
        accepted.Kept.ShouldNotBeNull().Has(_accepted.Listed.First()).ShouldBeTrue();
        accepted.Forget();
        accepted.Kept.ShouldBeNull();

        var other = _fixture.File("cosign-of-another-day");
        File.Copy(_fixture.Cosign.Path, other);
        KeptAnswers.Open(_fixture.Cosign with { Path = other }, _fixture.File("kept"), TimeSpan.FromHours(24), TimeProvider.System).ShouldNotBeNull().Has(_accepted.Listed.First()).ShouldBeFalse();
        KeptAnswers.Open(null, _fixture.File("kept"), TimeSpan.FromHours(24), TimeProvider.System).ShouldBeNull();
        KeptAnswers.Open(_fixture.Cosign with { Path = _fixture.File("no-such") }, _fixture.File("kept"), TimeSpan.FromHours(24), TimeProvider.System).ShouldBeNull();
        foreach (var damaged in new[] { "", "\n", "no time\nabc", new string('x', 10_000) })
        {
            File.WriteAllText(_fixture.File("kept"), damaged);
            Open(TimeSpan.Zero, TimeSpan.FromHours(24)).ShouldNotBeNull().Has(_accepted.Listed.First()).ShouldBeFalse();
        }
    }

    private void Keep() => Open(TimeSpan.Zero, TimeSpan.FromHours(24)).ShouldNotBeNull().Write(_accepted.Listed);

    private KeptAnswers? Open(TimeSpan after, TimeSpan maximumAge) => KeptAnswers.Open(_fixture.Cosign, _fixture.File("kept"), maximumAge, new LaterClock(after));

    /// <summary>What cosign is asked in another publish.</summary>
    private async Task<string[]> AskedAgainAsync(TimeSpan? after = null, TimeSpan? maximumAge = null, Func<VerificationRequest, VerificationRequest>? change = null)
    {
        using var accepted = AcceptedBundles.After(Open(after ?? TimeSpan.FromHours(1), maximumAge ?? TimeSpan.FromHours(24)));
        var request = await RequestAsync();
        return await AskedAsync(change?.Invoke(request) ?? request, accepted);
    }

    private sealed class LaterClock(TimeSpan after) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + after;
    }

    /// <summary>Cosign's claim about one of a type says nothing about another one.</summary>
    [Fact]
    public void A_listing_with_one_more_or_one_less_of_a_type_is_not_just_that()
    {
        Statement[] two = [At(SigningFixture.Image), At(SigningFixture.Image)];
        var listing = AcceptedListing.Read($$$"""[{{{Line(SigningFixture.Image)}}}, {{{Line(SigningFixture.Image)}}}]""").ShouldNotBeNull();

        listing.IsJust("t", two).ShouldBeTrue();
        listing.IsJust("t", [two[0]]).ShouldBeFalse();
        listing.IsJust("t", [.. two, At(SigningFixture.Image)]).ShouldBeFalse();
        listing.IsJust("t", [two[0], At(Digest.Of("other"u8))]).ShouldBeFalse();
        listing.IsJust("u", two).ShouldBeFalse();
        listing.IsJust("t", [two[0], new Statement(Core.Signing.Statement.TypeV1, [], "t")]).ShouldBeFalse();

        static Statement At(Digest image) => new(Core.Signing.Statement.TypeV1, [image], "t");
        static string Line(Digest image) => $$$"""{"critical":{"identity":{"docker-reference":"r"},"image":{"docker-manifest-digest":"{{{image}}}"},"type":"t"},"optional":{}}""";
    }

    /// <summary>What cosign was asked.</summary>
    private async Task<string[]> AskedAsync(VerificationRequest request, AcceptedBundles? accepted = null)
    {
        var before = _fixture.Runner.Invocations.Count;
        var verification = await new Verifier(_fixture.Runner, _fixture.Cosign, _fixture.Machine) { Accepted = accepted ?? _accepted }.VerifyAsync(request, SigningFixture.Token);
        verification.Statements.Select(statement => statement.PredicateType).ShouldBe(request.PredicateTypes);
        return [.. _fixture.Runner.Invocations.Skip(before).Select(invocation => invocation.Arguments[0])];
    }

    private async Task<VerificationRequest> RequestAsync() => new(_store.Repository.At(_image.Digest), _image.Digest, Types, _signer)
    {
        Own = _own,
        Stored = await new EvidencePlace(_store, SignatureFormat.Bundle, TimeProvider.System).ReadAsync(_image, SigningFixture.Token),
        WorkDirectory = _fixture.File("work"),
    };

    private StatementToSign Statement(string type, string predicate = """{"run":1}""") => type == PredicateTypes.CosignSignature
        ? SigningFixture.Signature(_image.Digest)
        : StatementToSign.Attestation(_image.Digest, _store.Repository.Name, type, System.Text.Encoding.UTF8.GetBytes(predicate));

    /// <summary>As a publish does: with the key opened in this process.</summary>
    private async Task<IReadOnlyList<SignedEvidence>> SignAsync(string key, params StatementToSign[] statements)
    {
        var settings = _fixture.Settings(key);
        var identity = SigningIdentity.Resolve(settings, _fixture.Machine);
        using var opened = OpenedKey.Of(settings, identity, _fixture.Machine);
        var folder = _fixture.File(Path.GetRandomFileName());
        return await new CosignSigner(_fixture.Runner, _fixture.Cosign, settings, _fixture.Machine) { Opened = opened }.SignAsync(statements, identity, folder, SigningFixture.Token);
    }

    private Task<IReadOnlyList<Descriptor>> AttachAsync(IReadOnlyList<SignedEvidence> evidence) =>
        new EvidenceWriter().AttachAsync(_store, _image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
}
