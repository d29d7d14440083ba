using System.Text.Json.Serialization;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Scanning;

/// <summary>What the scanner found in the image of this digest, all platforms and the project's inventory together.</summary>
/// <param name="Image">The digest of the image that was scanned.</param>
/// <param name="Scanner">Trivy, Grype.</param>
/// <param name="ScannerVersion">As the scanner says it; may be odd (<c>dev</c>).</param>
/// <param name="DatabaseUpdatedAt">Age of the vulnerability database, UTC; null when unknown.</param>
/// <param name="Findings">Merged by id, package and version; ordered by severity (highest first), then package, then id.</param>
/// <param name="Platforms">Operating system and its packages, one entry a platform.</param>
public sealed record ScanReport(
    Digest Image,
    string Scanner,
    string ScannerVersion,
    DateTimeOffset? DatabaseUpdatedAt,
    IReadOnlyList<Finding> Findings,
    IReadOnlyList<ScannedPlatform> Platforms)
{
    /// <summary>Keys, tokens and passwords in the image's files: where, and by which rule. The text itself is never kept. Ordered by path, line, rule.</summary>
    public IReadOnlyList<SecretFinding> Secrets { get; init; } = [];

    /// <summary>Absolute path of the folder, where sources were scanned and no image; null: an image.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SourceRoot { get; init; }

    /// <summary>Of sources: settings that a check calls wrong. Ordered by path, line, check.</summary>
    public IReadOnlyList<Misconfiguration> Misconfigurations { get; init; } = [];

    /// <summary>The database by its content, as <c>sha256sum</c> of its file prints it; null: not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Digest? DatabaseDigest { get; init; }

    /// <summary>When its parts were made, the first and the last; null: not known.</summary>
    [JsonIgnore]
    internal ScanTimes? Times { get; init; }

    /// <summary>Nothing was scanned: all of it is of an earlier publish, of the same bytes with the same database.</summary>
    [JsonIgnore]
    internal bool IsKept { get; init; }

    /// <summary>The shared server that decided (SupplyChainTrivyServer); null: the scanner on this machine.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Server { get; init; }
}

/// <summary>Whose line has to change: the base image's, a PackageReference, or something else in the image.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FindingKind>))]
public enum FindingKind
{
    OperatingSystem,
    NuGet,
    Other,
}

/// <param name="Id">CVE or GHSA id.</param>
/// <param name="FixedVersion">As the advisory says it; several are separated by commas; null: no fix known.</param>
/// <param name="Status">affected, fixed, will_not_fix, … as Trivy names them.</param>
public sealed record Finding(
    string Id,
    Severity Severity,
    FindingKind Kind,
    string Package,
    string Version,
    string? FixedVersion,
    string Status,
    string? Title,
    string? Url,
    string? Purl,
    IReadOnlyList<FindingPlace> Places)
{
    /// <summary>Other ids of the same vulnerability, ordered: GHSA-… for a CVE.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The day the advisory was published.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateOnly? Published { get; init; }

    /// <summary>The day from which on the fix could be had; only some scanners know it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateOnly? FixedOn { get; init; }

    /// <summary>The scanner says that it is being exploited (CISA's catalogue).</summary>
    public bool KnownExploited { get; init; }

    /// <summary>CVSS base score, the highest one the scanner gives.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Score { get; init; }
}

/// <summary>Where a finding was seen: in a platform's bytes, or in the project's inventory (<paramref name="Platform"/> is null then).</summary>
public sealed record FindingPlace(string? Platform, string? LayerDigest, string? Path)
{
    /// <summary>For people: what told the scanner of it.</summary>
    [JsonIgnore]
    public string Source => Platform is null ? Path is null ? "inventory" : "sources" : Path?.EndsWith(".cdx.json", StringComparison.OrdinalIgnoreCase) is true ? "embedded SBOM" : "image";
}

/// <summary>A secret in the image. What it says is not in here.</summary>
/// <param name="Rule">The scanner's rule that recognised it: <c>aws-access-key-id</c>.</param>
/// <param name="Path">The file inside the image.</param>
/// <param name="Line">1-based; 0: unknown.</param>
public sealed record SecretFinding(string Rule, string Title, Severity Severity, string Path, int Line, string? Platform, string? LayerDigest);

/// <summary>What the scanner recognised in the image of one platform; <paramref name="Manifest"/> is its manifest's digest.</summary>
public sealed record ScannedPlatform(string Platform, Digest Manifest, OperatingSystemRelease? OperatingSystem, IReadOnlyList<OsPackage> Packages)
{
    /// <summary>Packages of programming languages that the scanner saw in the image's files (NuGet by *.deps.json, npm, pip, …), ordered by type, name, version and path.</summary>
    public IReadOnlyList<LibraryPackage> Libraries { get; init; } = [];
}

/// <param name="Family">debian, ubuntu, alpine, azurelinux, …</param>
public sealed record OperatingSystemRelease(string Family, string Name, bool EndOfLife);

/// <summary>An operating system package as the scanner saw it in these very bytes.</summary>
/// <param name="Version">In full, as the distribution writes it: <c>1:1.2.13.dfsg-1</c>.</param>
/// <param name="SourceVersion">The same for the source package. Advisories of Debian and Ubuntu name source packages.</param>
/// <param name="LayerDigest">Digest of the layer that brought it; the layer's diffID where the scanner names no digest.</param>
public sealed record OsPackage(
    string Name,
    string Version,
    string? Purl,
    string? SourceName,
    string? SourceVersion,
    IReadOnlyList<string> Licenses,
    string? LayerDigest)
{
    /// <summary>The scanner's own id of the package: <c>zlib1g@1:1.2.13.dfsg-1</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ScannerId { get; init; }

    /// <summary>debian, ubuntu, alpine, …: which family's advisories apply.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Architecture { get; init; }

    /// <summary><see cref="Version"/> in its parts, for an SBOM that the scanner can match again.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VersionParts? Parts { get; init; }

    /// <summary><see cref="SourceVersion"/> in its parts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VersionParts? SourceParts { get; init; }

    /// <summary>Red Hat family: the module stream the package belongs to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ModularityLabel { get; init; }

    /// <summary>Digest of the layer's uncompressed tar (OCI image specification 1.1, config.md, "rootfs.diff_ids").</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LayerDiffId { get; init; }
}

/// <summary>A distribution's version: <c>epoch:upstream-release</c>. <paramref name="Epoch"/> 0 and a null <paramref name="Release"/> are not written.</summary>
public sealed record VersionParts(string Upstream, string? Release = null, int Epoch = 0)
{
    public override string ToString() => (Epoch == 0 ? "" : $"{Epoch}:") + Upstream + (Release is null ? "" : $"-{Release}");
}

/// <summary>A package of a programming language, seen in the image.</summary>
/// <param name="Type">As the scanner names it: dotnet-core, node-pkg, python-pkg, jar, gobinary, …</param>
/// <param name="Path">The file that names it, inside the image.</param>
public sealed record LibraryPackage(string Type, string Name, string Version, string? Purl, string? Path, string? LayerDigest)
{
    public IReadOnlyList<string> Licenses { get; init; } = [];
}
