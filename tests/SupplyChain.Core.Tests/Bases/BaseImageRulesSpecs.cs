using SupplyChain.Core.Bases;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Bases;

public sealed class BaseImageRulesSpecs : IDisposable
{
    private const string Aspnet = "mcr.microsoft.com/dotnet/aspnet:10.0";
    private static readonly Digest Pinned = Digest.Of("pinned"u8);
    private readonly TestFolder _folder = new();

    private string LockFile => _folder.File(BaseImageLock.FileName);

    [Fact]
    public void Without_a_rule_the_image_stays_as_it_is()
    {
        var resolved = Rules().Resolve(Aspnet);
        (resolved.Name.ToString(), resolved.Source.ToString()).ShouldBe((Aspnet, Aspnet));
    }

    [Theory]
    [InlineData("mcr.microsoft.com/dotnet/aspnet:10.0", "mcr.microsoft.com/*", true)]
    [InlineData("mcr.microsoft.com/dotnet/aspnet:10.0", "mcr.microsoft.com/dotnet/aspnet", true)]
    [InlineData("mcr.microsoft.com/dotnet/aspnet:10.0-noble", "mcr.microsoft.com/dotnet/aspnet:10.0", false)]
    [InlineData("mcr.microsoft.com/dotnet/aspnet:10.0-noble", "mcr.microsoft.com/dotnet/aspnet:*-noble", true)]
    [InlineData("mcr.microsoft.com.evil.example/dotnet/aspnet:10.0", "mcr.microsoft.com/*", false)]
    [InlineData("alpine", "docker.io/library/alpine", true)]
    [InlineData("index.docker.io/team/base:1", "docker.io/team/*", true)]
    [InlineData("team/base:1", "mcr.microsoft.com/*", false)]
    public void Only_an_allowed_base_image_is_built_on(string image, string pattern, bool allowed)
    {
        var rules = Rules() with { Allowed = ["registry.example.com/none", pattern] };
        if (allowed)
        {
            rules.Resolve(image);
            return;
        }
        var failure = Should.Throw<DiagnosticException>(() => rules.Resolve(image));
        failure.Diagnostic.Code.ShouldBe(DiagnosticCodes.BaseImageNotAllowed);
        failure.Message.ShouldContain($"Allowed are: registry.example.com/none, {pattern}.");
    }

    [Fact]
    public void A_digest_is_required_where_that_is_asked_for_and_the_lock_file_gives_one()
    {
        var rules = Rules() with { RequireDigest = true };
        var failure = Should.Throw<DiagnosticException>(() => rules.Resolve(Aspnet));
        failure.Diagnostic.Code.ShouldBe(DiagnosticCodes.BaseImageNotPinned);
        failure.Message.ShouldContain("-t:SupplyChainUpdateBaseImage");
        rules.Resolve($"mcr.microsoft.com/dotnet/aspnet@{Pinned}").Source.Digest.ShouldBe(Pinned);

        Lock(Aspnet);
        rules.Resolve(Aspnet).Source.ToString().ShouldBe($"{Aspnet}@{Pinned}");
    }

    [Fact]
    public void The_mirror_is_where_it_is_fetched_and_the_name_stays()
    {
        Lock(Aspnet);
        var rules = Rules() with { Mirrors = RegistryMirrors.Parse(["mcr.microsoft.com|localhost:5000/mcr", "mcr.microsoft.com/dotnet|mirror.example.com/net"]), Allowed = ["mcr.microsoft.com/dotnet/*"] };
        var resolved = rules.Resolve(Aspnet);
        resolved.Name.ToString().ShouldBe($"{Aspnet}@{Pinned}");
        resolved.Source.ToString().ShouldBe($"mirror.example.com/net/aspnet:10.0@{Pinned}");
    }

    [Fact]
    public void A_lock_file_that_does_not_know_the_image_is_an_error_and_not_a_way_around_it()
    {
        Lock(Aspnet);
        var failure = Should.Throw<DiagnosticException>(() => Rules().Resolve("mcr.microsoft.com/dotnet/runtime:10.0"));
        failure.Diagnostic.Code.ShouldBe(DiagnosticCodes.BaseImageLockUnusable);
        failure.Message.ShouldContain("no entry for mcr.microsoft.com/dotnet/runtime:10.0");
    }

    [Theory]
    [InlineData("<<<<<<< HEAD")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"version":2,"baseImages":[]}""")]
    [InlineData("""{"version":1,"baseImages":[{"name":"a.example/b:1","digest":"sha256:short","updated":"2026-11-23T00:00:00Z"}]}""")]
    [InlineData("""{"version":1,"version":1,"baseImages":[]}""")]
    public void A_damaged_lock_file_is_an_error(string text)
    {
        File.WriteAllText(LockFile, text);
        Should.Throw<DiagnosticException>(() => Rules().Resolve(Aspnet)).Diagnostic.Code.ShouldBe(DiagnosticCodes.BaseImageLockUnusable);
    }

    [Theory]
    [InlineData("")]
    [InlineData("UPPER/case")]
    [InlineData("a b")]
    public void What_is_no_image_is_refused(string text) =>
        Should.Throw<DiagnosticException>(() => Rules().Resolve(text)).Diagnostic.Code.ShouldBe(DiagnosticCodes.UnknownValue);

    [Theory]
    [InlineData("ghcr.io|mirror.example.com/ghcr", "ghcr.io/a/b:1", "mirror.example.com/ghcr/a/b:1")]
    [InlineData("ghcr.io|mirror.example.com", "ghcr.io.example.com/a:1", "ghcr.io.example.com/a:1")]
    [InlineData("ghcr.io/a|mirror.example.com", "ghcr.io/ab:1", "ghcr.io/ab:1")]
    [InlineData("ghcr.io|mirror.example.com", "no reference at all", "no reference at all")]
    public void Mirrors_begin_at_whole_parts_of_a_name(string mirror, string image, string fetched) =>
        RegistryMirrors.Parse([mirror]).Apply(image).ShouldBe(fetched);

    [Theory]
    [InlineData("ghcr.io")]
    [InlineData("ghcr.io|")]
    [InlineData("https://ghcr.io|mirror.example.com")]
    [InlineData("ghcr.io|mirror.example.com/UPPER")]
    public void A_mirror_that_is_none_is_refused(string item) =>
        Should.Throw<DiagnosticException>(() => RegistryMirrors.Parse([item])).Diagnostic.Code.ShouldBe(DiagnosticCodes.UnknownValue);

    [Fact]
    public void The_scanners_database_comes_from_the_mirror_too()
    {
        PlanReader.Databases(Settings([])).ShouldBeEmpty(); // Trivy's own, by itself
        PlanReader.Databases(Settings(new() { ["SupplyChainRegistryMirror"] = "ghcr.io|mirror.example.com/ghcr" }))
            .ShouldBe(["mirror.gcr.io/aquasec/trivy-db:2", "mirror.example.com/ghcr/aquasecurity/trivy-db:2"]);
        PlanReader.Databases(Settings(new() { ["SupplyChainRegistryMirror"] = "ghcr.io|mirror.example.com", ["SupplyChainTrivyDatabase"] = "ghcr.io/own/db:2" }))
            .ShouldBe(["mirror.example.com/own/db:2"]);
    }

    [Fact]
    public void Who_must_have_signed_the_base_image_is_said_completely_or_not_at_all()
    {
        var machine = new FakeMachine();
        var failure = Should.Throw<DiagnosticException>(() => BaseImageSigner.Read(Settings(new() { ["SupplyChainBaseImageCertificateIdentity"] = "ci@example.com" }), machine));
        failure.Diagnostic.Code.ShouldBe(DiagnosticCodes.SigningSettingsUnusable);
        failure.Message.ShouldContain("SupplyChainBaseImageCertificateOidcIssuer");
        var signer = BaseImageSigner.Read(Settings(new() { ["SupplyChainBaseImageCertificateIdentityRegexp"] = "^ci@", ["SupplyChainBaseImageCertificateOidcIssuer"] = "https://issuer.example.com" }), machine);
        (signer.CertificateIdentityRegexp, signer.CertificateOidcIssuer).ShouldBe(("^ci@", "https://issuer.example.com"));
        Should.Throw<DiagnosticException>(() => BaseImageSigner.Read(Settings(new() { ["SupplyChainBaseImageVerificationKey"] = "missing.pub" }), machine))
            .Message.ShouldContain("SupplyChainBaseImageVerificationKey");
    }

    public void Dispose() => _folder.Dispose();

    private Settings Settings(Dictionary<string, string> values) => new(values, _folder.File("app.csproj"));

    private BaseImageRules Rules() => new([], false, RegistryMirrors.None, LockFile);

    private void Lock(string name) => BaseImageLock.With(null, new LockedBaseImage(name, Pinned, DateTimeOffset.UnixEpoch)).Write(LockFile);
}
