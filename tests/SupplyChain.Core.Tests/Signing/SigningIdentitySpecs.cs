using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

public sealed class SigningIdentitySpecs : IDisposable
{
    private const string Pem = "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nc2VjcmV0LWtleS10ZXh0\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n";

    private readonly TestFolder _folder = new();
    private readonly FakeMachine _machine = new();

    [Fact]
    public void Without_key_and_identity_the_three_ways_out_are_named()
    {
        var error = Fail(null, DiagnosticCodes.NothingToSignWith);

        error.ShouldBe("nothing to sign with: no SupplyChainSigningKey, and no identity token in this environment. Give a key (dotnet build -t:SupplyChainGenerateKeyPair makes one), run in CI with an OIDC identity (GitHub Actions: permissions: id-token: write), or set SupplyChainSign=false to push unsigned.");
    }

    [Fact]
    public void A_GitHub_job_without_the_permission_is_told_so()
    {
        _machine.Variables["GITHUB_ACTIONS"] = "true";

        Fail(null, DiagnosticCodes.NothingToSignWith).ShouldContain("Add permissions: id-token: write");
    }

    [Theory]
    [InlineData("ACTIONS_ID_TOKEN_REQUEST_TOKEN=t ACTIONS_ID_TOKEN_REQUEST_URL=u", "GitHub Actions")]
    [InlineData("BUILDKITE_AGENT_ACCESS_TOKEN=t", "Buildkite")]
    [InlineData("SIGSTORE_ID_TOKEN=t GITLAB_CI=true", "GitLab")]
    [InlineData("SIGSTORE_ID_TOKEN=t", "SIGSTORE_ID_TOKEN")]
    [InlineData("GOOGLE_SERVICE_ACCOUNT_NAME=a", "Google Cloud")]
    public void Ambient_identities_are_found_where_cosign_finds_them(string variables, string name)
    {
        foreach (var variable in variables.Split(' '))
            _machine.Variables[variable.Split('=')[0]] = variable.Split('=')[1];

        var identity = SigningIdentity.Resolve(new SigningSettings(_folder.Path), _machine);

        identity.IsKeyless.ShouldBeTrue();
        identity.Ambient!.Name.ShouldBe(name);
    }

    [Fact]
    public void A_token_file_and_a_SPIFFE_socket_are_identities_too()
    {
        _machine.Files["/tmp/spire-agent/public/api.sock"] = "";
        SigningIdentity.Resolve(new SigningSettings(_folder.Path), _machine).Ambient!.Name.ShouldBe("SPIFFE");
        _machine.Files["/var/run/sigstore/cosign/oidc-token"] = "token";
        SigningIdentity.Resolve(new SigningSettings(_folder.Path), _machine).Ambient!.Name.ShouldBe("/var/run/sigstore/cosign/oidc-token");
    }

    [Theory]
    [InlineData(Pem)]
    [InlineData("-----BEGIN PUBLIC KEY----- c2VjcmV0LWtleS10ZXh0 -----END PUBLIC KEY-----")]
    [InlineData("LS0tLS1CRUdJTiBFTkNSWVBURUQgU0lHU1RPUkUgUFJJVkFURSBLRVktLS0tLQpjMlZqY21WMA==")]
    [InlineData("pkcs11:token=release;object=key?pin-value=secret-key-text")]
    [InlineData("hashivault://user:secret-key-text@vault/key")]
    [InlineData("secret-key-text\nsecond line")]
    public void Key_text_in_the_property_is_refused_and_not_repeated(string key)
    {
        var message = Fail(key, DiagnosticCodes.KeyTextInProperty);

        message.ShouldContain("SupplyChainSigningKey");
        message.ShouldNotContain("secret");
        message.ShouldNotContain("c2Vj");
        message.ShouldNotContain("LS0t");
    }

    [Theory]
    [InlineData("awskms:///alias/release")]
    [InlineData("azurekms://vault.example.com/key")]
    [InlineData("gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k/versions/1")]
    [InlineData("hashivault://release")]
    [InlineData("k8s://namespace/secret")]
    [InlineData("pkcs11:token=release;object=key")]
    public void Key_services_are_passed_through_as_they_are(string uri)
    {
        var key = SigningIdentity.Resolve(new SigningSettings(_folder.Path) { Key = uri }, _machine).Key!;

        key.Value.ShouldBe(uri);
        key.IsFile.ShouldBeFalse();
    }

    [Fact]
    public void A_key_file_is_relative_to_the_project()
    {
        Directory.CreateDirectory(_folder.File("keys"));
        File.WriteAllText(_folder.File("keys/cosign.key"), Pem);

        var key = SigningIdentity.Resolve(new SigningSettings(_folder.Path) { Key = "keys/cosign.key" }, _machine).Key!;

        key.Value.ShouldBe(_folder.File("keys/cosign.key"));
        key.DisplayName.ShouldBe("keys/cosign.key");
    }

    [Theory]
    [InlineData("missing.key", "there is no such file")]
    [InlineData(".", "which is a folder")]
    [InlineData("text.key", "which is not a key file")]
    [InlineData("public.key", "which is a public key")]
    [InlineData("plain.key", "cosign import-key-pair")]
    [InlineData("locked.key", "and this user may not read it")]
    [InlineData("env://NOT_SET", "NOT_SET is not set")]
    public void A_key_that_cannot_be_used_is_named_before_anything_is_built(string key, string reason)
    {
        File.WriteAllText(_folder.File("text.key"), "hello");
        File.WriteAllText(_folder.File("locked.key"), Pem);
        _machine.Unreadable.Add(_folder.File("locked.key"));
        File.WriteAllText(_folder.File("public.key"), "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n");
        File.WriteAllText(_folder.File("plain.key"), "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n");

        Fail(key, DiagnosticCodes.KeyUnusable).ShouldContain(reason);
    }

    public void Dispose() => _folder.Dispose();

    private string Fail(string? key, DiagnosticCode code)
    {
        var error = Should.Throw<DiagnosticException>(() => SigningIdentity.Resolve(new SigningSettings(_folder.Path) { Key = key }, _machine));
        error.Diagnostic.Code.ShouldBe(code);
        return error.Message;
    }
}
