using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Tests.Gating;

public sealed class RemediationSpecs
{
    private static readonly ProjectInventory Inventory = new(
        "Hello", "1.0.0", "/src/Hello/Hello.csproj", "net10.0",
        [
            new NuGetPackage("Contoso.Reports", "2.1.0", true, ["System.Drawing.Common"]),
            new NuGetPackage("Newtonsoft.Json", "12.0.3", true, []) { ReferencedAt = new SourceLine("/src/Hello/Hello.csproj", 14), Path = ["Newtonsoft.Json"] },
            new NuGetPackage("Central", "1.0.0", true, []) { ReferencedAt = new SourceLine("/src/Directory.Packages.props", 31) },
            new NuGetPackage("System.Drawing.Common", "4.7.0", false, [])
            {
                ReferencedAt = new SourceLine("/src/Hello/Hello.csproj", 15),
                Path = ["Contoso.Reports", "System.Drawing.Common"],
            },
            new NuGetPackage("ViaProject", "1.0", false, []) { Path = ["Contoso.Core", "Middle", "ViaProject"] },
            new NuGetPackage("OfProject", "1.0", false, []) { ReferencedAt = new SourceLine("/src/Core/Core.csproj", 7), Path = ["Contoso.Core", "OfProject"] },
            new NuGetPackage("CentralDeep", "1.0", false, []) { ReferencedAt = new SourceLine("/src/Directory.Packages.props", 5), Path = ["Central", "CentralDeep"] },
        ])
    {
        Projects = [new ReferencedProject("Contoso.Core", "1.0.0", ["Middle"])],
    };

    [Fact]
    public void A_direct_reference_gets_its_line_and_the_version_to_raise_it_to() =>
        For(NuGet("newtonsoft.json", "12.0.3", "13.0.1") with { Title = "improper handling of exceptional conditions." })
            .ShouldBe(new Diagnostic(
                DiagnosticCodes.PackageVulnerable,
                "Newtonsoft.Json 12.0.3 has CVE-1 (High): improper handling of exceptional conditions. Raise the PackageReference to 13.0.1 or later.",
                "/src/Hello/Hello.csproj",
                14));

    [Fact]
    public void A_central_version_is_a_PackageVersion_line() =>
        For(NuGet("Central", "1.0.0", "1.0.1")).ShouldBe(new Diagnostic(
            DiagnosticCodes.PackageVulnerable, "Central 1.0.0 has CVE-1 (High). Raise the PackageVersion to 1.0.1 or later.", "/src/Directory.Packages.props", 31));

    [Fact]
    public void A_transitive_package_gets_the_line_and_the_way_of_the_reference_that_brings_it_in() =>
        For(NuGet("System.Drawing.Common", "4.7.0", "4.7.2, 5.0.3")).ShouldBe(new Diagnostic(
            DiagnosticCodes.PackageVulnerable,
            "System.Drawing.Common 4.7.0 has CVE-1 (High), brought in by Contoso.Reports 2.1.0 → System.Drawing.Common. No restored version of Contoso.Reports brings a fixed one, so pin it: <PackageReference Include=\"System.Drawing.Common\" Version=\"4.7.2\" />.",
            "/src/Hello/Hello.csproj",
            15));

    [Fact]
    public void A_way_that_starts_with_a_project_says_so_and_no_known_line_means_the_project_file()
    {
        var diagnostic = For(NuGet("ViaProject", "1.0.0", null));
        diagnostic.Message.ShouldBe("ViaProject 1.0 has CVE-1 (High), brought in by the project Contoso.Core → Middle → ViaProject. No fixed version is known. Replace Middle, or set SupplyChainIgnoreUnfixed=true.");
        (diagnostic.File, diagnostic.Line).ShouldBe(("/src/Hello/Hello.csproj", 0));
    }

    [Fact]
    public void A_reference_of_a_referenced_project_is_raised_there() =>
        For(NuGet("OfProject", "1.0", "1.1")).ShouldBe(new Diagnostic(
            DiagnosticCodes.PackageVulnerable,
            "OfProject 1.0 has CVE-1 (High), brought in by the project Contoso.Core → OfProject. Raise the PackageReference to 1.1 or later.",
            "/src/Core/Core.csproj",
            7));

    [Fact]
    public void A_transitive_package_is_raised_by_its_owner_where_a_restored_version_proves_it()
    {
        var bump = new ProvenBump("System.Drawing.Common", "4.7.0", "Contoso.Reports", "2.3.1", "4.7.3");
        var judged = Judge(new GateContext { Bumps = [bump] }, NuGet("System.Drawing.Common", "4.7.0", "4.7.2, 5.0.3"))[0];
        judged.Advice.ShouldBe("Raise Contoso.Reports to 2.3.1, which brings System.Drawing.Common 4.7.3; or pin it: <PackageReference Include=\"System.Drawing.Common\" Version=\"4.7.2\" />.");
        judged.Change.ShouldBe(new VersionChange(ChangeKind.Raise, "Contoso.Reports", "2.1.0", "2.3.1"));
        judged.Path.ShouldBe(["Contoso.Reports", "System.Drawing.Common"]);
    }

    [Fact]
    public void Central_package_management_is_told_apart()
    {
        Judge(new GateContext(), NuGet("CentralDeep", "1.0", "1.1"))[0].Advice.ShouldBe(
            "No restored version of Central brings a fixed one, so pin it: <PackageVersion Include=\"CentralDeep\" Version=\"1.1\" /> in Directory.Packages.props, with CentralPackageTransitivePinningEnabled=true.");
        Judge(new GateContext { Pinned = ["centraldeep"] }, NuGet("CentralDeep", "1.0", "1.1"))[0].Advice.ShouldBe("Raise the PackageVersion to 1.1 or later.");
    }

    [Fact]
    public void One_version_is_named_that_clears_all_findings_of_a_package()
    {
        var judged = Judge(new GateContext(), NuGet("Newtonsoft.Json", "12.0.3", "13.0.1"), NuGet("Newtonsoft.Json", "12.0.3", "12.0.9, 13.0.2") with { Id = "CVE-2" });
        judged.ShouldAllBe(one => one.Advice == "Raise the PackageReference to 13.0.2 or later.");
    }

    [Theory]
    [InlineData("6.0.10, 7.0.2", "6.0.5", "6.0.10", true)]
    [InlineData("6.0.10, 7.0.2", "6.0.5", "7.0.1", false)]
    [InlineData("6.0.10, 7.0.2", "6.0.5", "7.0.3", true)]
    [InlineData("6.0.10, 7.0.2", "6.0.5", "8.0.0", true)]
    [InlineData("6.0.10", "6.0.5", "6.0.9", false)]
    [InlineData("5.1.4, 5.2.2", "5.0.0", "5.1.4", true)]
    [InlineData("soon", "5.0.0", "9.0.0", false)]
    [InlineData("1.0", "2.0", "1.5", false)]
    public void A_version_clears_a_finding_only_where_the_advisory_says_so(string fixes, string installed, string candidate, bool clears) =>
        FixedVersions.Clears(fixes, PackageVersion.Parse(installed)!, PackageVersion.Parse(candidate)!).ShouldBe(clears);

    [Fact]
    public void What_is_no_version_is_repeated_and_never_guessed() =>
        For(NuGet("Newtonsoft.Json", "12.0.3", "the next one")).Message.ShouldBe("Newtonsoft.Json 12.0.3 has CVE-1 (High). The advisory names as fixed: the next one. Move to one of these.");

    [Fact]
    public void The_same_package_in_another_version_is_not_the_projects()
    {
        var diagnostic = For(NuGet("Newtonsoft.Json", "9.0.1", "13.0.1") with { Places = [new FindingPlace("linux/amd64", null, "opt/tool/tool.deps.json")] });
        diagnostic.Code.ShouldBe(DiagnosticCodes.BaseImageVulnerable);
        diagnostic.Message.ShouldBe("Newtonsoft.Json 9.0.1 at opt/tool/tool.deps.json in the image has CVE-1 (High). The project does not reference it. It is fixed in 13.0.1: change the base image, or the file that brings it in.");
    }

    [Fact]
    public void A_finding_in_the_runtime_leads_to_a_newer_runtime() =>
        For(NuGet("Microsoft.NETCore.App.Runtime.linux-x64", "8.0.1", "6.0.36, 8.0.11")).Message.ShouldBe(
            "the .NET runtime in the image (Microsoft.NETCore.App.Runtime.linux-x64 8.0.1) has CVE-1 (High). Move to .NET 8.0.11 or later: a newer base image for an application that depends on the framework, a newer SDK or RuntimeFrameworkVersion for a self-contained one.");

    [Theory]
    [InlineData("will_not_fix", null, "zlib1g 1:1.2.13 in the base image (debian 12.15) has CVE-1 (Critical); Debian will not fix it. Choose a base image without it (ContainerFamily=noble-chiseled), waive it with <SupplyChainWaiver Include=\"CVE-1\" Expires=\"…\" Reason=\"…\" />, or set SupplyChainIgnoreUnfixed=true.")]
    [InlineData("end_of_life", null, "zlib1g 1:1.2.13 in the base image (debian 12.15) has CVE-1 (Critical); Debian no longer maintains this release. Choose a base image without it (ContainerFamily=noble-chiseled), waive it with <SupplyChainWaiver Include=\"CVE-1\" Expires=\"…\" Reason=\"…\" />, or set SupplyChainIgnoreUnfixed=true.")]
    [InlineData("affected", null, "zlib1g 1:1.2.13 in the base image (debian 12.15) has CVE-1 (Critical); Debian has no fix yet. Choose a base image without it (ContainerFamily=noble-chiseled), waive it with <SupplyChainWaiver Include=\"CVE-1\" Expires=\"…\" Reason=\"…\" />, or set SupplyChainIgnoreUnfixed=true.")]
    [InlineData("fixed", "1:1.3.1", "zlib1g 1:1.2.13 in the base image (debian 12.15) has CVE-1 (Critical). It is fixed in 1:1.3.1: build on a newer base image that has it (ContainerBaseImage, ContainerFamily; pull it again where the tag has moved).")]
    public void A_package_of_the_system_leads_to_another_base_image(string status, string? fix, string message)
    {
        var finding = new Finding("CVE-1", Severity.Critical, FindingKind.OperatingSystem, "zlib1g", "1:1.2.13", fix, status, null, null, null, [new FindingPlace("linux/amd64", null, null)]);
        For(finding).ShouldBe(new Diagnostic(DiagnosticCodes.BaseImageVulnerable, message, "/src/Hello/Hello.csproj"));
    }

    [Theory]
    [InlineData("13.0.1", "12.0.3", "13.0.1")]
    [InlineData("7.0.2, 6.0.10", "6.0.5", "6.0.10")]
    [InlineData("6.0.10, 7.0.2", "7.0.1", "7.0.2")]
    [InlineData("4.7.10, 4.7.9", "4.7.8", "4.7.9")]
    [InlineData("2.0.0-rc.10, 2.0.0", "2.0.0-rc.9", "2.0.0-rc.10")]
    [InlineData("2.0.0", "2.0.0-rc.1", "2.0.0")]
    [InlineData("1.0.0", "1.0.0.0", null)]
    [InlineData("1.0", "2.0", null)]
    [InlineData("1.0, soon", "0.9", null)]
    [InlineData("", "1.0", null)]
    [InlineData(null, "1.0", null)]
    [InlineData("2.0", "one", null)]
    [InlineData("99999999999999999999999.0.0", "1.0", "99999999999999999999999.0.0")]
    public void The_smallest_fix_above_the_installed_version_is_named(string? fixes, string installed, string? expected) =>
        PackageVersion.SmallestFix(fixes, installed).ShouldBe(expected);

    [Fact]
    public void Versions_are_in_the_order_of_SemVer()
    {
        // https://semver.org/#spec-item-11, and NuGet's fourth number.
        string[] ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-ALPHA.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.0.1", "1.0.1", "1.10.0"];
        ordered.Reverse().OrderBy(version => PackageVersion.Parse(version)).ShouldBe(ordered);
        PackageVersion.Parse("1.0+build.1").ShouldBe(PackageVersion.Parse("1.0.0.0+other"));
    }

    private static IReadOnlyList<JudgedFinding> Judge(GateContext context, params Finding[] findings) =>
        Gate.Evaluate(new ScanReport(Digest.Of("image"u8), "Trivy", "0.74.0", null, findings, []), new GatePolicy(SeverityThreshold.Low), Inventory, Digest.Of("image"u8), context).Findings;

    private static Diagnostic For(Finding finding)
    {
        var report = new ScanReport(
            Digest.Of("image"u8), "Trivy", "0.74.0", null, [finding],
            [new ScannedPlatform("linux/amd64", Digest.Of("manifest"u8), new OperatingSystemRelease("debian", "12.15", false), [])]);
        return Gate.Evaluate(report, new GatePolicy(SeverityThreshold.Low), Inventory, report.Image).Blocking[0];
    }

    private static Finding NuGet(string package, string version, string? fix) =>
        new("CVE-1", Severity.High, FindingKind.NuGet, package, version, fix, "fixed", null, null, null, [new FindingPlace("linux/amd64", null, "app/Hello.deps.json"), new FindingPlace(null, null, null)]);
}
