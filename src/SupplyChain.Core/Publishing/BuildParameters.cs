using System.Text.RegularExpressions;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Publishing;

/// <summary>The settings that say what is built, from what, for whom and how it was judged: the external parameters of the provenance.</summary>
internal static partial class BuildParameters
{
    /// <summary>Of the SDK's and MSBuild's own.</summary>
    private static readonly string[] Published =
    [
        "Configuration", "Version", "TargetFramework", "RuntimeIdentifiers",
        "ContainerRegistry", "ContainerRepository", "ContainerImageTags", "ContainerBaseImage", "ContainerBaseRegistry", "ContainerBaseName", "ContainerFamily",
    ];

    /// <summary>
    /// Ours are published when they are a choice (true, a number, names of a list). Paths of this machine, keys, people and addresses of private services
    /// belong into no published document.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Read(Settings settings)
    {
        var parameters = Choices(settings);
        // Where a mirror is used its address is one of ours; what was built on has a public name.
        if (settings.Text("BaseImageName") is { } text && ImageReference.TryParse(text, out var image))
        {
            parameters["ContainerBaseImage"] = text;
            parameters["ContainerBaseRegistry"] = image.Registry ?? "";
            parameters["ContainerBaseName"] = image.Repository;
        }
        return parameters;
    }

    private static Dictionary<string, string> Choices(Settings settings) => Published
        .Concat(settings.Names.Where(name => name.StartsWith("SupplyChain", StringComparison.Ordinal) && !Private().IsMatch(name) && settings.Text(name) is { } value && Choice().IsMatch(value)))
        .Where(name => settings.Text(name) is not null)
        .ToDictionary(name => name, name => settings.Text(name)!);

    [GeneratedRegex("Key|Identity|Issuer|Host|Path|File|Url|Server|Database$|Root|Config", RegexOptions.CultureInvariant)]
    private static partial Regex Private();

    [GeneratedRegex("^[A-Za-z0-9.;]{1,200}$", RegexOptions.CultureInvariant)]
    private static partial Regex Choice();

    /// <summary>
    /// SupplyChainAttestations as predicate types: those that every signed image of this project must carry. A VEX document is attested where there is
    /// one, see <see cref="PublishPlan.AttestVex"/>.
    /// </summary>
    /// <param name="sboms">The predicate types of the bills of materials that are written.</param>
    public static IReadOnlyList<string> Attestations(IReadOnlyList<AttestationKind> kinds, IReadOnlyList<string> sboms, bool scan) =>
    [
        .. kinds.Contains(AttestationKind.Sbom) ? sboms : [],
        .. scan && kinds.Contains(AttestationKind.Vulnerabilities) ? [PredicateTypes.Vulnerabilities] : Array.Empty<string>(),
        .. kinds.Contains(AttestationKind.Provenance) ? [PredicateTypes.Provenance] : Array.Empty<string>(),
    ];
}

/// <summary>SupplyChainAttestations.</summary>
internal enum AttestationKind
{
    /// <summary>Nothing beside the signature.</summary>
    None,
    Sbom,
    Vulnerabilities,
    Provenance,
    Vex,
}
