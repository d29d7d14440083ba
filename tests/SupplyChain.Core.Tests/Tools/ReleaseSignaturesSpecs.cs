using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Tools;

/// <summary>The release's own signature, with a cosign that answers as the real one does.</summary>
public sealed class ReleaseSignaturesSpecs : IAsyncLifetime
{
    private readonly InstallBench _bench = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Both_releases_are_verified_once_when_they_are_installed()
    {
        var (cosign, trivy) = Releases("echo \"$@\" >> \"$0.calls\"");
        using var shelf = Shelf();
        var said = new List<string>();

        await shelf.WaitAsync(Begin(shelf, cosign, trivy), said.Add, TimeSpan.FromMinutes(1), Cancellation);

        (await shelf.ReadyAsync(ToolOf(trivy), Cancellation)).Verified.ShouldBe("SHA-256 as pinned, signature verified");
        said.ShouldContain("signature of trivy 0.74.0 verified: https://github.com/aquasecurity/trivy/.github/workflows/reusable-release.yaml@refs/tags/v0.74.0");
        var calls = await File.ReadAllLinesAsync(_bench.Cache.Program(cosign) + ".calls", Cancellation);
        calls.Order(StringComparer.Ordinal).ShouldBe(
        [
            $"verify-blob --bundle {_bench.Cache.Signature(cosign)} --certificate-identity keyless@projectsigstore.iam.gserviceaccount.com --certificate-oidc-issuer https://accounts.google.com {_bench.Cache.Program(cosign)}",
            $"verify-blob --bundle {_bench.Cache.Signature(trivy)} --certificate-identity https://github.com/aquasecurity/trivy/.github/workflows/reusable-release.yaml@refs/tags/v0.74.0 --certificate-oidc-issuer https://token.actions.githubusercontent.com {_bench.Cache.Download(trivy)}",
        ]);

        using var later = Shelf();
        await later.WaitAsync(Begin(later, cosign, trivy), said.Add, TimeSpan.FromMinutes(1), Cancellation);
        (await later.ReadyAsync(ToolOf(trivy), Cancellation)).Verified.ShouldBe("SHA-256 as pinned, signature verified");
        (await File.ReadAllLinesAsync(_bench.Cache.Program(cosign) + ".calls", Cancellation)).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_signature_of_somebody_else_is_an_error_and_the_release_is_gone()
    {
        var (cosign, trivy) = Releases("""
            case "$*" in *trivy*) echo 'Error: failed to verify certificate identity: no matching CertificateIdentity found, last error: expected SAN value "x", got "y"' >&2; exit 1 ;; esac
            """);
        using var shelf = Shelf();
        Begin(shelf, cosign, trivy);

        var error = await Should.ThrowAsync<DiagnosticException>(() => shelf.ReadyAsync(ToolOf(trivy), Cancellation));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolSignatureInvalid);
        error.Message.ShouldContain("no matching CertificateIdentity found");
        Directory.Exists(_bench.Cache.Entry(trivy)).ShouldBeFalse();
        (await shelf.ReadyAsync(ToolOf(cosign), Cancellation)).Verified.ShouldBe("SHA-256 as pinned, signature verified");
    }

    [Fact]
    public async Task Where_Sigstore_cannot_be_reached_the_pinned_hash_stands_alone_and_a_line_says_so()
    {
        // Word for word what Cosign 3.1 says in a network namespace without a route.
        var (cosign, trivy) = Releases("""
            echo 'error during command execution: setting trusted material: getting trusted root from TUF for new bundle verification: error getting live trusted root: failed to create TUF client failed to load metadata: tuf refresh failed: Get "https://tuf-repo-cdn.sigstore.dev/15.root.json": dial tcp: lookup tuf-repo-cdn.sigstore.dev: no such host' >&2
            exit 1
            """);
        using var shelf = Shelf();
        var said = new List<string>();

        await shelf.WaitAsync(Begin(shelf, cosign, trivy), said.Add, TimeSpan.FromMinutes(1), Cancellation);

        (await shelf.ReadyAsync(ToolOf(trivy), Cancellation)).Verified.ShouldBe("SHA-256 as pinned");
        said.ShouldContain("signature of trivy 0.74.0 not checked, its hash is the pinned one: Sigstore cannot be reached");
    }

    [Fact]
    public async Task A_mirror_without_bundles_and_a_cosign_of_unknown_version_are_no_obstacle()
    {
        var (cosign, trivy) = Releases("exit 1", bundles: false);
        using var shelf = Shelf();
        var said = new List<string>();
        await shelf.WaitAsync(Begin(shelf, cosign, trivy), said.Add, TimeSpan.FromMinutes(1), Cancellation);
        said.ShouldContain("signature of trivy 0.74.0 not checked, its hash is the pinned one: its bundle is not where the release came from");

        var bundle = Path.Combine(_bench.Folder, "bundle");
        await File.WriteAllTextAsync(bundle, "{}", Cancellation);
        var own = await new ReleaseSignatures(new ToolRunner()).CheckAsync(new Tool("cosign", "/usr/bin/cosign", "PATH"), trivy, bundle, bundle, Cancellation);
        own.WhyNot.ShouldBe("/usr/bin/cosign is not known to be Cosign 3.0.1 or later");
    }

    private (ToolRelease Cosign, ToolRelease Trivy) Releases(string script, bool bundles = true)
    {
        var cosign = _bench.Mirror.Put("cosign", "3.0.6", System.Text.Encoding.UTF8.GetBytes($"#!/bin/sh\n{script}\n"));
        var trivy = _bench.Mirror.Put("trivy", "0.74.0", ToolMirror.TarGz([("trivy", ToolMirror.Script("trivy"))]));
        if (bundles)
        {
            _bench.Mirror.Put(cosign.Path + ".sigstore.json", "{}"u8.ToArray());
            _bench.Mirror.Put(trivy.Path + ".sigstore.json", "{}"u8.ToArray());
        }
        return (cosign, trivy);
    }

    private Tool[] Begin(ToolShelf shelf, params ToolRelease[] releases)
    {
        var tools = releases.Select(ToolOf).ToArray();
        shelf.Begin(tools);
        return tools;
    }

    private Tool ToolOf(ToolRelease release) => new(release.Tool, _bench.Cache.Program(release), "pinned release") { Release = release };

    private ToolShelf Shelf() => new(_bench.Cache.Folder, _bench.Source(), TimeProvider.System, _bench.Limits, new ReleaseSignatures(new ToolRunner()));
}
