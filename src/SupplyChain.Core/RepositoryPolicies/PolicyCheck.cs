using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.RepositoryPolicies;

/// <summary>Holds a project against the policy of its repository. Each demand that is not met is an error that names both places.</summary>
/// <param name="places">Where the project's settings come from.</param>
internal sealed class PolicyCheck(PolicyFile file, SettingPlaces places)
{
    private RepositoryPolicy Policy => file.Policy;

    /// <summary>The settings with the policy's values where the project says nothing.</summary>
    public (Settings Settings, IReadOnlyList<Diagnostic> Violations) Apply(Settings settings)
    {
        var (values, violations) = (new Dictionary<string, string>(), new List<Diagnostic>());
        foreach (var rule in PolicyRules.Of(Policy))
        {
            if (settings.Text(rule.Property) is not { } own || !places.IsGiven(rule.Property))
                values[rule.Property] = rule.Property == "SupplyChainAttestations" ? Union(settings.Text(rule.Property), rule.Value) : rule.Value;
            else if (rule.IsLooser(own))
                violations.Add(Loosened(rule.Property, $"{rule.Property} is {SingleLine.Of(own, 100)} ({places.Of(rule.Property)})", rule.Demand, rule.Member));
        }

        return (settings.With(values), violations);
    }

    /// <summary>Base image, destination and signer; where nothing is pushed or signed there is nothing to hold against it.</summary>
    public IEnumerable<Diagnostic> CheckPublish(PublishPlan plan, IMachine machine)
    {
        if (Policy.AllowedBaseImages is { } images && plan.BaseImage is { } image && !images.Any(pattern => Matches(pattern, image) || Matches(pattern, WithoutTag(image))))
            yield return Loosened("ContainerBaseImage", $"the base image is {SingleLine.Of(image)}", List(images), "allowedBaseImages");
        if (Policy.AllowedRegistries is { } registries && plan is { Publish: true, ToLayout: false } && !registries.Any(pattern => Matches(pattern, plan.Repository.Registry!) || Matches(pattern, plan.Repository.Name)))
            yield return Loosened("ContainerRegistry", $"the image goes to {SingleLine.Of(plan.Repository.Name)}", List(registries), "allowedRegistries");
        if (Policy.AllowedSigners is { } signers && plan.Sign && Signers(plan, machine) is var (names, display) && !signers.Any(signer => IsAllowed(signer, names)))
            yield return Loosened("SupplyChainSigningKey", $"{display} would sign", List([.. signers.Select(signer => signer.Key ?? $"{signer.Identity} ({signer.Issuer})")]), "allowedSigners");
    }

    /// <summary>Waivers that last longer than the policy lets them.</summary>
    public IEnumerable<Diagnostic> CheckWaivers(IEnumerable<Waiver> waivers, DateTimeOffset now)
    {
        if (Policy.LongestWaiverDays is not { } days)
            yield break;
        var last = DateOnly.FromDateTime(now.UtcDateTime).AddDays(days);
        foreach (var waiver in waivers.Where(waiver => waiver.Expires is null || waiver.Expires > last))
        {
            var end = waiver.Expires is { } day ? FormattableString.Invariant($"lasts until {day:yyyy-MM-dd}") : "never ends";
            yield return new Diagnostic(
                DiagnosticCodes.PolicyLoosened,
                FormattableString.Invariant($"the waiver for {SingleLine.Of(waiver.Id, 100)} {end}, and the repository's policy lets one last {days} days, today until {last:yyyy-MM-dd} ({file.Place("longestWaiverDays")}). Give it an earlier end, or change the policy."),
                waiver.File,
                waiver.Line);
        }
    }

    private Diagnostic Loosened(string property, string what, string demand, string member)
    {
        var place = places.Find(property);
        return new Diagnostic(
            DiagnosticCodes.PolicyLoosened,
            $"{what}, and the repository's policy demands {demand} ({file.Place(member)}). A project may be stricter and never more lenient: change the setting, or the policy for all.",
            place?.File,
            place?.Line ?? 0);
    }

    /// <summary>What an entry may name: fingerprints and references of a key, or identity and issuer.</summary>
    private static ((IReadOnlyList<string> Keys, IReadOnlyList<string> Identities, string? Issuer) Names, string Display) Signers(PublishPlan plan, IMachine machine)
    {
        if (plan.Signing.Key is { } text)
        {
            var key = KeyReference.Parse(text, "SupplyChainSigningKey", plan.Signing.BaseDirectory);
            var publicKey = key.IsFile ? Path.ChangeExtension(key.Value, ".pub") : plan.Signing.VerificationKey is { } given ? plan.Signing.FullPath(given) : null;
            string? fingerprint = null;
            try
            {
                fingerprint = publicKey is not null && machine.FileExists(publicKey) ? PublicKeySource.Fingerprint(machine.ReadText(publicKey)) : null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Not known, so not allowed.
            }

            return (([.. fingerprint is null ? [] : (string[])[$"SHA256:{fingerprint}"], .. key.IsFile ? [] : (string[])[key.DisplayName]], [], null), fingerprint is null ? $"key {key.DisplayName}" : $"key {key.DisplayName} (SHA256:{fingerprint})");
        }

        var job = AmbientIdentity.Find(machine) is { } ambient ? JobIdentity.Read(ambient, machine) : null;
        IReadOnlyList<string> identities = plan.Signing.CertificateIdentity is { } asked ? [asked] : job?.Subjects ?? [];
        var issuer = plan.Signing.CertificateOidcIssuer ?? job?.Issuer;
        return (([], identities, issuer), identities.Count == 0 ? "an identity that is not known before it signs" : $"{SingleLine.Of(identities[0])} ({issuer ?? "?"})");
    }

    private static bool IsAllowed(AllowedSigner allowed, (IReadOnlyList<string> Keys, IReadOnlyList<string> Identities, string? Issuer) signer) => allowed.Key is { } key
        ? signer.Keys.Any(name => Matches(key, name))
        : signer.Issuer is { } issuer && Matches(allowed.Issuer!, issuer) && signer.Identities.Count > 0 && signer.Identities.All(identity => Matches(allowed.Identity!, identity));

    /// <summary>A * stands for any text.</summary>
    internal static bool Matches(string pattern, string text)
    {
        var parts = pattern.Split('*');
        if (parts.Length == 1)
            return string.Equals(pattern, text, StringComparison.Ordinal);
        if (!text.StartsWith(parts[0], StringComparison.Ordinal) || text.Length < pattern.Length - (parts.Length - 1) || !text.EndsWith(parts[^1], StringComparison.Ordinal))
            return false;
        var at = parts[0].Length;
        foreach (var part in parts[1..^1])
        {
            var found = text.IndexOf(part, at, text.Length - parts[^1].Length - at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + part.Length;
        }

        return at <= text.Length - parts[^1].Length;
    }

    private static string WithoutTag(string image) => image.LastIndexOf(':') is var colon && colon > image.LastIndexOf('/') ? image[..colon] : image;

    private static string Union(string? own, string demanded) => string.Join(';', $"{own};{demanded}".Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(one => one != nameof(AttestationKind.None)).Distinct(StringComparer.OrdinalIgnoreCase));

    private static string List(IReadOnlyList<string> allowed) => $"one of: {string.Join(", ", allowed.Select(one => SingleLine.Of(one, 200)))}";
}
