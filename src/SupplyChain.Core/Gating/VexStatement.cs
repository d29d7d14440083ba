using System.Text.Json.Serialization;
using SupplyChain.Core.Images;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>What a VEX document says of a vulnerability in a product. The names are OpenVEX's.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VexStatus>))]
public enum VexStatus
{
    Affected,
    NotAffected,
    Fixed,
    UnderInvestigation,
}

/// <param name="Id">Package URL of the image or of the package.</param>
/// <param name="Parts">Package URLs inside it; empty: all of it.</param>
public sealed record VexProduct(string Id, IReadOnlyList<string> Parts);

/// <summary>One statement of an OpenVEX or CycloneDX VEX document.</summary>
/// <param name="Vulnerabilities">The id and its aliases.</param>
/// <param name="Because">Justification and impact statement, for people.</param>
/// <param name="File">Absolute path of the document.</param>
public sealed record VexStatement(IReadOnlyList<string> Vulnerabilities, IReadOnlyList<VexProduct> Products, VexStatus Status, string? Because, DateTimeOffset? Timestamp, string File)
{
    /// <summary>Where a product is the image itself, the statement counts for all in it or for the parts that it names.</summary>
    /// <param name="repository">The image's repository, without registry; its last segment is the name in a package URL. Null: no image matches.</param>
    public bool Covers(Finding finding, Digest image, string? repository) =>
        Vulnerabilities.Any(id => string.Equals(id, finding.Id, StringComparison.OrdinalIgnoreCase) || finding.Aliases.Contains(id, StringComparer.OrdinalIgnoreCase))
        && Products.Any(product => IsImage(product.Id, image, repository)
            ? product.Parts.Count == 0 || product.Parts.Any(part => PurlPattern.Covers(part, finding))
            : product.Parts.Count == 0 && PurlPattern.Covers(product.Id, finding));

    private static bool IsImage(string id, Digest image, string? repository) =>
        repository is not null && PackageUrl.TryParse(id, out var purl) && purl.Type == "oci" && purl.Name == repository.Split('/')[^1].ToLowerInvariant()
        && (purl.Version is null || purl.Version == image.ToString());
}
