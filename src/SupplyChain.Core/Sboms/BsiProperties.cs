namespace SupplyChain.Core.Sboms;

/// <summary>
/// What BSI TR-03183-2 (2.0, section 5.2.2) wants of every component and CycloneDX has no field for, under the names of the BSI's own property
/// taxonomy.
/// </summary>
internal static class BsiProperties
{
    private const string Prefix = "bsi:component:";

    public const string FileName = Prefix + "filename";

    public static bool IsOne(Property property) => property.Name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>A package as its feed serves it, which is what its hash is about: an archive with metadata of its content.</summary>
    public static IEnumerable<Property> OfPackage(string fileName) => Of(fileName, executable: true, archive: true);

    public static IEnumerable<Property> Of(string fileName, bool executable, bool archive) =>
    [
        new(Prefix + "archive", archive ? "archive" : "no archive"),
        new(Prefix + "executable", executable ? "executable" : "non-executable"),
        new(FileName, fileName),
        new(Prefix + "structured", "structured"),
    ];
}
