using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Scanning;

/// <summary>The packages of a report, for the SBOM: in a fixed order, each once.</summary>
internal static class TrivyPackages
{
    internal const string SystemClass = "os-pkgs";

    public static IReadOnlyList<OsPackage> OfSystem(TrivyReport report) =>
    [
        .. (from result in report.Results
            where result.Class == SystemClass
            from package in result.Packages
            select ToOsPackage(result, package))
            .OrderBy(package => package.Name, StringComparer.Ordinal)
            .ThenBy(package => package.Version, StringComparer.Ordinal)
            .ThenBy(package => package.Architecture, StringComparer.Ordinal)
            .ThenBy(package => package.LayerDigest, StringComparer.Ordinal),
    ];

    public static IReadOnlyList<LibraryPackage> OfLanguages(TrivyReport report) =>
    [
        .. (from result in report.Results
            where result.Class != SystemClass
            from package in result.Packages
            select new LibraryPackage(
                SingleLine.Of(result.Type, 100),
                SingleLine.Of(package.Name),
                SingleLine.Of(package.Version),
                Text(package.Identifier?.Purl),
                Text(package.FilePath) ?? Text(result.Target),
                Text(package.Layer?.Name))
            {
                Licenses = Licenses(package),
            })
            .OrderBy(package => package.Type, StringComparer.Ordinal)
            .ThenBy(package => package.Name, StringComparer.Ordinal)
            .ThenBy(package => package.Version, StringComparer.Ordinal)
            .ThenBy(package => package.Path, StringComparer.Ordinal),
    ];

    private static OsPackage ToOsPackage(TrivyResult result, TrivyPackage package)
    {
        var parts = new VersionParts(SingleLine.Of(package.Version), Text(package.Release), package.Epoch);
        var sourceParts = Text(package.SrcVersion) is { } version ? new VersionParts(version, Text(package.SrcRelease), package.SrcEpoch) : null;
        return new OsPackage(
            SingleLine.Of(package.Name), parts.ToString(), Text(package.Identifier?.Purl), Text(package.SrcName), sourceParts?.ToString(), Licenses(package), Text(package.Layer?.Name))
        {
            ScannerId = Text(package.Id),
            Type = Text(result.Type),
            Architecture = Text(package.Arch),
            Parts = parts,
            SourceParts = sourceParts,
            ModularityLabel = Text(package.ModularityLabel),
            LayerDiffId = Text(package.Layer?.DiffId),
        };
    }

    private static IReadOnlyList<string> Licenses(TrivyPackage package) => [.. package.Licenses.Select(licence => SingleLine.Of(licence)).Where(licence => licence.Length > 0)];

    private static string? Text(string? text) => SingleLine.Of(text) is { Length: > 0 } line ? line : null;
}
