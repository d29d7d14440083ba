using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>What signs: a key, or the OIDC identity of this environment (keyless). Exactly one of the two is set.</summary>
public sealed record SigningIdentity
{
    private SigningIdentity(KeyReference? key, AmbientIdentity? ambient) => (Key, Ambient) = (key, ambient);

    public KeyReference? Key { get; }

    public AmbientIdentity? Ambient { get; }

    public bool IsKeyless => Key is null;

    /// <summary>For people: <c>cosign.key</c>, <c>awskms:///alias/release</c>, <c>the identity of GitHub Actions</c>.</summary>
    public string DisplayName => Key?.DisplayName ?? $"the identity of {Ambient!.Name}";

    /// <summary>Costs nothing but a look at the environment and at the key file, so that it can be done before the build starts.</summary>
    /// <exception cref="DiagnosticException">SCB5002 nothing to sign with; SCB5003 the key cannot be used; SCB5004 key text in a property.</exception>
    public static SigningIdentity Resolve(SigningSettings settings, IMachine machine)
    {
        if (!string.IsNullOrWhiteSpace(settings.Key))
        {
            var key = KeyReference.Parse(settings.Key, "SupplyChainSigningKey", settings.BaseDirectory);
            key.CheckPrivate("SupplyChainSigningKey", machine);
            return new SigningIdentity(key, null);
        }
        if (AmbientIdentity.Find(machine) is { } ambient)
            return new SigningIdentity(null, ambient);
        throw new DiagnosticException(
            DiagnosticCodes.NothingToSignWith,
            AmbientIdentity.IsGitHubWithoutPermission(machine)
                ? "nothing to sign with: no SupplyChainSigningKey, and this GitHub Actions job may not ask for an identity token. Add permissions: id-token: write to the job (a pull request from a fork never gets it), give a key (dotnet build -t:SupplyChainGenerateKeyPair makes one), or set SupplyChainSign=false to push unsigned."
                : "nothing to sign with: no SupplyChainSigningKey, and no identity token in this environment. Give a key (dotnet build -t:SupplyChainGenerateKeyPair makes one), run in CI with an OIDC identity (GitHub Actions: permissions: id-token: write), or set SupplyChainSign=false to push unsigned.");
    }
}
