using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

public sealed class SigningSettingsCheckSpecs
{
    private static readonly FakeMachine Machine = new()
    {
        Variables = new() { ["SIGSTORE_ID_TOKEN"] = Sigstore.Token() },
        Files = new() { ["/p/root.json"] = "{}", ["/p/config.json"] = "{}", ["/p/cosign.key"] = "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n" },
    };

    private static readonly SigningSettings Keyless = new("/p");
    private static readonly SigningSettings Keyed = new("/p") { Key = "cosign.key" };

    public static TheoryData<string, SigningSettings, bool> Refused => new()
    {
        { "SupplyChainFulcioUrl is 'fulcio.example.com'", Keyless with { FulcioUrl = "fulcio.example.com" }, false },
        { "SupplyChainRekorUrl is 'http://rekor.example.com': what is sent there can be read", Keyless with { RekorUrl = "http://rekor.example.com" }, false },
        { "SupplyChainOidcIssuer is 'https://user:password@issuer", Keyless with { OidcIssuer = "https://user:password@issuer.example.com" }, false },
        { "SupplyChainTrustedRoot is 'none.json', and there is no such file", Keyless with { TrustedRoot = "none.json" }, false },
        { "SupplyChainSigningConfig and SupplyChainFulcioUrl", Keyless with { SigningConfig = "config.json", FulcioUrl = "https://fulcio.example.com" }, false },
        { "SupplyChainCertificateIdentity and SupplyChainCertificateIdentityRegexp", Keyless with { CertificateIdentity = "a", CertificateIdentityRegexp = "a" }, false },
        { "SupplyChainTransparencyLog is false", Keyless with { TransparencyLog = TransparencyLog.False }, false },
        { "SupplyChainVerificationKey is set, and there is no SupplyChainSigningKey", Keyless with { VerificationKey = "cosign.pub" }, false },
        { "asks for a signer without a key", Keyed with { CertificateIdentity = "a", CertificateOidcIssuer = "b" }, false },
        { "signing without a key needs Fulcio", Keyless, true },
        { "a transparency log is asked for", Keyed with { RekorUrl = "https://rekor.example.com" }, true },
        { "no SupplyChainTrustedRoot says which timestamps to believe", Keyed with { TimestampServerUrl = "https://tsa.example.com" }, false },
        { "names several keys", Keyed with { VerificationKey = "a.pub;b.pub" }, false },
        { "SupplyChainTimestampServerUrl is set", Keyed with { TimestampServerUrl = "https://tsa.example.com" }, true },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Settings_that_cannot_work_are_refused_before_the_build(string because, SigningSettings settings, bool offline)
    {
        var error = Should.Throw<DiagnosticException>(() => Check(settings, offline, Machine));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.SigningSettingsUnusable);
        error.Message.ShouldContain(because);
    }

    [Fact]
    public void Settings_that_work_are_let_through()
    {
        Check(Keyless, offline: false, Machine);
        Check(Keyed, offline: true, Machine);
        Check(Keyless with { FulcioUrl = "http://localhost:5555", RekorUrl = "https://rekor.example.com", TrustedRoot = "root.json" }, offline: false, Machine);
        Check(Keyless with { SigningConfig = "config.json", CertificateIdentity = "a" }, offline: false, Machine);
        Check(Keyless with { TransparencyLog = TransparencyLog.False, TimestampServerUrl = "https://tsa.example.com", TrustedRoot = "root.json" }, offline: false, Machine);
        Check(Keyed with { TimestampServerUrl = "https://timestamp.sigstore.dev/api/v1/timestamp" }, offline: false, Machine);
    }

    [Fact]
    public void Where_the_environment_does_not_say_who_it_is_the_settings_must()
    {
        var google = new FakeMachine { Files = new() { ["/sys/class/dmi/id/product_name"] = "Google Compute Engine" } };

        Should.Throw<DiagnosticException>(() => Check(Keyless, false, google)).Message.ShouldContain("has an identity and does not say which");
        Should.Throw<DiagnosticException>(() => Check(Keyless with { CertificateIdentity = "build@contoso.com" }, false, google)).Message.ShouldContain("without SupplyChainCertificateOidcIssuer");
        Check(Keyless with { CertificateIdentity = "build@contoso.com", CertificateOidcIssuer = "https://accounts.google.com" }, false, google);
    }

    private static void Check(SigningSettings settings, bool offline, FakeMachine machine) =>
        SigningSettingsCheck.Check(settings, SigningIdentity.Resolve(settings, machine), verify: true, offline, machine);
}
