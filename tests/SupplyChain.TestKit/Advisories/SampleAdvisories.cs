using SupplyChain.Core.Scanning;

namespace SupplyChain.TestKit.Advisories;

/// <summary>
/// A few real advisories, as published: enough for every kind of finding, far from complete. Whatever shows results from them says that they are
/// a sample.
/// </summary>
internal static class SampleAdvisories
{
    /// <summary>Fixed by raising a PackageReference to 13.0.1.</summary>
    public static readonly NuGetAdvisory NewtonsoftJson = new(
        "CVE-2024-21907", "GHSA-5crp-9r3c-p9vr", "Newtonsoft.Json", Severity.High,
        "Improper Handling of Exceptional Conditions in Newtonsoft.Json", ["< 13.0.1"], ["13.0.1"])
    {
        Published = new DateOnly(2024, 1, 3),
        Cvss = ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5),
        Weaknesses = ["CWE-755"],
    };

    /// <summary>Two ranges with a fix each: 4.7.2 and 5.0.3.</summary>
    public static readonly NuGetAdvisory SystemDrawing = new(
        "CVE-2021-24112", "GHSA-rxg9-xrhp-64gj", "System.Drawing.Common", Severity.Critical,
        ".NET Core Remote Code Execution Vulnerability", [">= 4.0.0, < 4.7.2", ">= 5.0.0, < 5.0.3"], ["4.7.2", "5.0.3"])
    {
        Published = new DateOnly(2021, 2, 25),
        Cvss = ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
    };

    public static readonly NuGetAdvisory RegularExpressions = new(
        "CVE-2019-0820", "GHSA-cmhx-cq75-c4mj", "System.Text.RegularExpressions", Severity.High,
        "Regular Expression Denial of Service in System.Text.RegularExpressions", [">= 4.3.0, < 4.3.1"], ["4.3.1"])
    {
        Published = new DateOnly(2019, 5, 16),
        Cvss = ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5),
        Weaknesses = ["CWE-400"],
    };

    public static readonly NuGetAdvisory AzureIdentity = new(
        "CVE-2024-35255", "GHSA-m5vv-6r4h-3vj9", "Azure.Identity", Severity.Medium,
        "Azure Identity Libraries and Microsoft Authentication Library Elevation of Privilege Vulnerability", ["< 1.11.4"], ["1.11.4"])
    {
        Published = new DateOnly(2024, 6, 11),
        Cvss = ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N", 5.5),
        Weaknesses = ["CWE-362"],
    };

    /// <summary>In the base image, critical, and never to be fixed in Debian 12.</summary>
    public static readonly DebianAdvisory Zlib = new(
        "CVE-2023-45853", "zlib", Severity.Critical,
        "zlib: integer overflow and resultant heap-based buffer overflow in zipOpenNewFileInZip4_6", DebianStatus.WillNotFix)
    {
        Published = new DateOnly(2023, 10, 14),
        Cvss = ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        Weaknesses = ["CWE-190"],
    };

    /// <summary>In the base image and without a fix so far.</summary>
    public static readonly DebianAdvisory Ncurses = new(
        "CVE-2025-69720", "ncurses", Severity.High, "ncurses: Buffer overflow vulnerability", DebianStatus.Affected);

    /// <summary>Fixed by an update of the base image; found until Debian 12's main archive has that update.</summary>
    public static readonly DebianAdvisory PerlHardLinks = new(
        "CVE-2026-42497", "perl", Severity.High, "perl-Archive-Tar: Arbitrary file write via hard links", DebianStatus.Fixed, "5.36.0-7+deb12u4");

    /// <summary>Already fixed in the base image: must not be found there.</summary>
    public static readonly DebianAdvisory PerlCertificates = new(
        "CVE-2023-31484", "perl", Severity.High, "perl: CPAN.pm does not verify TLS certificates when downloading distributions over HTTPS",
        DebianStatus.Fixed, "5.36.0-7+deb12u3")
    {
        Published = new DateOnly(2023, 4, 29),
        Cvss = ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H", 8.1),
        Weaknesses = ["CWE-295"],
    };

    public static readonly DebianAdvisory TarPaths = new(
        "CVE-2025-45582", "tar", Severity.Medium, "tar: Tar path traversal", DebianStatus.Affected)
    { Published = new DateOnly(2025, 7, 11) };

    public static readonly DebianAdvisory Coreutils = new(
        "CVE-2016-2781", "coreutils", Severity.Low, "coreutils: Non-privileged session can escape to the parent session in chroot", DebianStatus.WillNotFix)
    {
        Published = new DateOnly(2017, 2, 7),
        IsRatedByDebian = true,
    };

    /// <summary>One source package, several binary packages.</summary>
    public static readonly DebianAdvisory Gcc = new(
        "CVE-2022-27943", "gcc-12", Severity.Low, "binutils: libiberty/rust-demangle.c in GNU GCC 11.2 allows stack exhaustion in demangle_const", DebianStatus.Affected)
    {
        Published = new DateOnly(2022, 3, 26),
        IsRatedByDebian = true,
    };

    public static readonly DebianAdvisory Glibc = new(
        "CVE-2019-1010022", "glibc", Severity.Low, "glibc: stack guard protection bypass", DebianStatus.Affected)
    {
        Published = new DateOnly(2019, 7, 15),
        IsRatedByDebian = true,
    };

    /// <summary>The same flaw, fixed by three distributions in versions of their own.</summary>
    public static readonly DebianAdvisory OpenSslDebian = new(
        "CVE-2024-5535", "openssl", Severity.Critical, "openssl: SSL_select_next_proto buffer overread", DebianStatus.Fixed, "3.0.15-1~deb12u1");

    /// <inheritdoc cref="OpenSslDebian"/>
    public static readonly DistributionAdvisory OpenSslAlpine = new(
        "CVE-2024-5535", "alpine 3.20", "openssl", Severity.Critical, "openssl: SSL_select_next_proto buffer overread", "3.3.1-r1");

    /// <inheritdoc cref="OpenSslDebian"/>
    public static readonly DistributionAdvisory OpenSslUbuntu = new(
        "CVE-2024-5535", "ubuntu 24.04", "openssl", Severity.Critical, "openssl: SSL_select_next_proto buffer overread", "3.0.13-0ubuntu3.2");

    /// <summary>Everything above that is in the sample base image or in a NuGet package.</summary>
    public static IReadOnlyList<Advisory> All { get; } =
    [
        NewtonsoftJson, SystemDrawing, RegularExpressions, AzureIdentity,
        Zlib, Ncurses, PerlHardLinks, PerlCertificates, TarPaths, Coreutils, Gcc, Glibc,
    ];
}
