namespace SupplyChain.Core.Tools;

/// <summary>
/// The releases that this package installs: THE table. The first version of a tool is the one that is taken; the others can be chosen with
/// SupplyChainToolPin and a Version. No hash here was computed by us: each is what its origin says.
/// </summary>
internal static class ToolPins
{
    public static readonly IReadOnlyList<PinnedVersion> All =
    [
        // Not an official origin, but the only release without a known way around its verification (GHSA-fx35-mq7g-6g98); the one after it is official.
        new("cosign", "3.1.3", "pin tables of two other projects that agree; Windows also Scoop and winget (third party)")
        {
            LinuxX64 = "4629c757b7618056f8ddd7e2625ae9fdd94c0372a65049520bc7d9df9efc7f71",
            LinuxArm64 = "c5d324e091826b0d7a78eb16fef316450b4eb9aaec045611c08ba06f5e73220a",
            OsxX64 = "2347488e5d5b25336644024dfeca5601b190e91197a71a917bda44744aff106c",
            OsxArm64 = "5cf948c2f4dfe59687bdd0b8523709067383e03982cc543475c8a7dc70e92a76",
            WinX64 = "9fe59be0eca1271873ce019061335eb1ac419b7059202e797828467ddabe33be",
        },
        new("cosign", "3.0.6", "sigstore/cosign-installer, action.yml at 3094a48 (official)")
        {
            LinuxX64 = "c956e5dfcac53d52bcf058360d579472f0c1d2d9b69f55209e256fe7783f4c74",
            LinuxArm64 = "bedac92e8c3729864e13d4a17048007cfafa79d5deca993a43a90ffe018ef2b8",
            OsxX64 = "4c3e7af8372d3ca3296e62fa56f23fcbb5721cc6ac1827900d398f110d7cd280",
            OsxArm64 = "5fadd012ae6381a6a29ff86a7d39aa873878852f1073fc90b15995961ecfb084",
            WinX64 = "9b85a88ebff2d9dd30ff4984a6f61f2cedc232dd87d81fa7f2ff3c0ed96c241c",
        },
        new("cosign", "3.1.2", "pin tables of other projects, Linux in four that agree; Windows Scoop and winget (third party)")
        {
            LinuxX64 = "f7622ed3cf22e55e1ae6377c080979ff77a22da9981c11df222a2e444991e7cf",
            LinuxArm64 = "90e7ae0b5dfd60f20816b52c012addf7fc055ebcc7bea4ce81c428ca8518c302",
            OsxX64 = "acd180f8b015be25240ca33abee8a1e564eb65cdf1a3cee4725456d2dceb7da6",
            OsxArm64 = "dec1c3f802320b19c2fbcf2dc7bcfb3f258e1c181a046c23a1a074bdf932f10a",
            WinX64 = "fe4d621d7ae5e900ee62089837c00f996ae9acb82027d573d1d157b6ee875cb2",
        },
        new("cosign", "2.6.1", "sigstore/cosign-installer, tag v3.10.1 (official)")
        {
            LinuxX64 = "064954c5d8c7e3b28188eee5b1727b31c411550bc5fefd41aa672d3c761d103a",
            LinuxArm64 = "56a16480bdd56ec789abaa65924402f6b92c0041f06885995853c05567b76f34",
            OsxX64 = "f1ed2787cc9648fd3c644fcb279e43f3f55da63b788d69a527aa14ad97ffdca1",
            OsxArm64 = "54047052cf46f40a5c3c95a510db276e164ba77e096aea1ca1b733f770359689",
            WinX64 = "049026dae3246d6ea8201512ec3efce3aab0c7f1d338d52e26c525dd02b418a0",
        },
        new("trivy", "0.74.0", "pin tables of four other projects that agree; Windows Scoop at 43c6305 (third party)")
        {
            LinuxX64 = "2ae6fe3ee734b7fdf11335663e18c75ea12dccc76062f09f164a3b0f8be4371a",
            LinuxArm64 = "b94ce1976bbf3c15b514b605ee88be7c6d94a29be2302847ff01cb794d47aad5",
            OsxX64 = "472816f6888dda689d075c30254d4210b4d1035acf365aa72332f584c2f60485",
            OsxArm64 = "1caada5e0e2091909357c7525d3aa76f4b660b13821bc143b190c7483e31cc11",
            WinX64 = "94c40e0696e4b907a74b7b2e1438d5d72ebaca83115817407f568a002d520842",
        },
        new("trivy", "0.72.0", "pin tables of other projects, Linux in four that agree; Windows Scoop at 1d88e2f (third party)")
        {
            LinuxX64 = "bbb64b9695866ce4a7a8f5c9592002c5961cab378577fa3f8a040df362b9b2ea",
            LinuxArm64 = "2ca2c023109c2db6b2b77366b6717291452d4531167377d95c79547f0c8e3467",
            OsxX64 = "ee5e60df8a98e5b89fd74a6d86f9e5c7e9a266a35002cb1e43291698b3bfee08",
            OsxArm64 = "88f208680dc05da2b459e19b4f5aa2b4dc7c2117892ba4aab2ae63baba330016",
            WinX64 = "ed3cf122060f61818fe1f735fd97557954e16e10bc8b058af9852271cf2e91b3",
        },
        new("trivy", "0.69.3", "aquasecurity/homebrew-trivy, trivy.rb at 3a7624d, before the incident of March 2026 (official); Windows Scoop (third party)")
        {
            LinuxX64 = "1816b632dfe529869c740c0913e36bd1629cb7688bd5634f4a858c1d57c88b75",
            LinuxArm64 = "7e3924a974e912e57b4a99f65ece7931f8079584dae12eb7845024f97087bdfd",
            OsxX64 = "fec4a9f7569b624dd9d044fca019e5da69e032700edbb1d7318972c448ec2f4e",
            OsxArm64 = "a2f2179afd4f8bb265ca3c7aefb56a666bc4a9a411663bc0f22c3549fbc643a5",
            WinX64 = "74362dc711383255308230ecbeb587eb1e4e83a8d332be5b0259afac6e0c2224",
        },
        new("grype", "0.116.1", "anchore/homebrew-grype, Casks/grype.rb at a056fd7 (official); Windows Scoop at 35883d8 and Chocolatey (third party)")
        {
            LinuxX64 = "0122df7b655981abe547ad3d2190d65551dac6a2bfc80b4dc2a989b5d0587458",
            LinuxArm64 = "a8d7504a149629324eb5f4ce3dc25dfd211bbfe047e64ee2bf7844b466c3d84d",
            OsxX64 = "e5ff3adac317511876de7863598587a7dbab0c47c8e150368b7df06909c11f4e",
            OsxArm64 = "f493f169cbaae48bade169532b20235fc16653d2a044a5bc6fe6f69a3923f975",
            WinX64 = "a8ad864f2f06c9afcc90d417f46f5587adeaba4e1e46cc4e32a6a076dae2fda7",
        },
    ];

    /// <summary>The release that is installed unless a pin of the user's own says otherwise; null: none for this platform.</summary>
    public static ToolRelease? Default(string tool, string platform) => All.FirstOrDefault(version => version.Tool == tool)?.For(platform);
}

/// <summary>The hashes of one version of a tool, a platform each.</summary>
/// <param name="Origin">Where the hashes were taken from: the project's own files (official) or others (third party).</param>
internal sealed record PinnedVersion(string Tool, string Version, string Origin)
{
    public required string LinuxX64 { get; init; }
    public required string LinuxArm64 { get; init; }
    public required string OsxX64 { get; init; }
    public required string OsxArm64 { get; init; }
    public required string WinX64 { get; init; }

    public ToolRelease? For(string platform) => platform switch
    {
        "linux-x64" => Of(platform, LinuxX64),
        "linux-arm64" => Of(platform, LinuxArm64),
        "osx-x64" => Of(platform, OsxX64),
        "osx-arm64" => Of(platform, OsxArm64),
        "win-x64" => Of(platform, WinX64),
        _ => null,
    };

    private ToolRelease Of(string platform, string sha256) => new(Tool, Version, platform, ReleaseNames.Path(Tool, Version, platform), sha256, Origin);
}
