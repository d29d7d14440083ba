using System.Buffers;
using System.Text;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Tests.Sboms;

/// <summary>An application and a scan of two platforms with a bit of everything that a bill of materials can hold.</summary>
internal static class SampleSbom
{
    public static readonly Digest Image = Digest.Of("an image"u8);

    public static SbomContext Context { get; } = new(
        new ImageReference("registry.example.com", "contoso/shop", "1.4.0"), Image, "0.1.0", new DateTimeOffset(2026, 11, 23, 8, 30, 0, TimeSpan.FromHours(2)))
    {
        Images =
        [
            Of("amd64"),
            Of("arm64"),
        ],
    };

    /// <summary>One platform's own document.</summary>
    public static SbomContext OfPlatform(int index) => Context with { ImageDigest = Context.Images[index].Manifest.Digest, Images = [Context.Images[index]], Platform = Context.Images[index].Platform };

    public static ProjectInventory Inventory { get; } = new("Shop", "1.4.0", "/src/Shop/Shop.csproj", "net10.0",
    [
        new NuGetPackage("Contoso.Native", "1.0.0-rc.1+build.5", false, []) { LicenseFile = "LICENSE.txt", Path = ["Newtonsoft.Json", "Contoso.Native"] },
        new NuGetPackage("Contoso.Old", "0.9.0", false, ["Newtonsoft.Json"]) { LicenseUrl = "https://contoso.example/license", Authors = "Contoso, Fabrikam" },
        new NuGetPackage("Newtonsoft.Json", "12.0.3", true, ["Contoso.Native"])
        {
            Sha512 = string.Concat(Enumerable.Repeat("ab", 64)),
            LicenseExpression = "MIT",
            Authors = "James Newton-King",
            Description = "Json.NET is a popular high-performance JSON framework for .NET. " + new string('x', 300),
            ProjectUrl = "https://www.newtonsoft.com/json",
            RepositoryUrl = "https://github.com/JamesNK/Newtonsoft.Json",
            RepositoryCommit = "7c3d7f8da7e35dde8fa74188b0decff70f8f10e3",
            Source = "https://feed.contoso.example/v3/index.json",
            Files = ["Newtonsoft.Json.dll", "de/Newtonsoft.Json.resources.dll"],
            ReferencedAt = new SourceLine("/src/Shop/Shop.csproj", 12),
        },
        new NuGetPackage("Ünïcode.Päckage", "2.0.0", true, []) { LicenseExpression = "MIT OR Apache-2.0", Authors = "Jürgen \"Q\" Müller <j@example.com> \u2028 & Söhne" },
    ])
    {
        Projects = [new ReferencedProject("Contoso.Orders", "2.1.0", ["Contoso.Old"]) { File = "Contoso.Orders.dll", Sha512 = string.Concat(Enumerable.Repeat("ef", 64)) }],
        LooseFiles = [new LooseFile("Contoso.Legacy", "3.1.0.0", string.Concat(Enumerable.Repeat("01", 64))) { Company = "Contoso", Files = ["Contoso.Legacy.dll", "de/Contoso.Legacy.resources.dll"] }],
        Dependencies = ["Contoso.Orders", "Newtonsoft.Json", "Ünïcode.Päckage"],
        NotShipped =
        [
            new NuGetPackage("StyleCop.Analyzers", "1.1.118", true, []) { LicenseExpression = "MIT", NotShipped = NotShippedReason.DevelopmentOnly },
            new NuGetPackage("System.Text.Json", "8.0.5", true, []) { LicenseExpression = "MIT", NotShipped = NotShippedReason.SuppliedByRuntime },
        ],
        Frameworks = [new SharedFramework("Microsoft.NETCore.App", "10.0.0")],
        SdkVersion = "10.0.401",
        Application = new ApplicationFacts
        {
            Publisher = "Contoso",
            Website = "https://contoso.example/shop",
            RepositoryUrl = "https://github.com/contoso/shop",
            Commit = "4be1d02aa0e8b7a2f1b1b1f5a7a3a3f0c3f9d111",
            LicenseExpression = "MIT",
            File = "Shop.dll",
            Sha512 = string.Concat(Enumerable.Repeat("cd", 64)),
        },
    };

    public static ImageListing Listing { get; } = new(Image, "Trivy", "0.68.2",
    [
        Platform("linux/amd64", "amd64", "aaaa"),
        Platform("linux/arm64", "arm64", "bbbb"),
    ]);

    public static string Json(Sbom sbom, CycloneDxVersion version = CycloneDxVersion.V1_6, bool indented = false)
    {
        var bytes = new ArrayBufferWriter<byte>();
        CycloneDxWriter.Write(sbom, bytes, version, indented);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    public static string Spdx(Sbom sbom, bool indented = false)
    {
        var bytes = new ArrayBufferWriter<byte>();
        SpdxWriter.Write(sbom, bytes, indented);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static PlatformImage Of(string architecture) => new(
        new Platform("linux", architecture),
        new Descriptor(MediaTypes.OciManifest, Digest.Of(Encoding.UTF8.GetBytes("linux/" + architecture)), 1),
        new Descriptor(MediaTypes.OciConfig, Digest.Of("config"u8), 1),
        [])
    {
        Facts = new ImageFacts { BaseName = "mcr.example.com/dotnet/runtime:10.0", BaseDigest = Digest.Of("base"u8), RuntimeVersion = "10.0.0" },
    };

    private static ScannedPlatform Platform(string name, string architecture, string layer) => new(
        name,
        Digest.Of(Encoding.UTF8.GetBytes(name)),
        new OperatingSystemRelease("debian", "12.7", EndOfLife: false),
        [
            new OsPackage("libssl3", "3.0.11-1~deb12u2", $"pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch={architecture}&distro=debian-12.7", "openssl", "3.0.11-1~deb12u2", ["Apache-2.0", "Artistic or GPL-1+"], $"sha256:{new string(layer[0], 64)}")
            {
                ScannerId = "libssl3@3.0.11-1~deb12u2",
                Type = "debian",
                Parts = new VersionParts("3.0.11", "1~deb12u2"),
                SourceParts = new VersionParts("3.0.11", "1~deb12u2"),
                LayerDiffId = "sha256:" + new string('c', 64),
            },
            new OsPackage("tzdata", "2024a-0+deb12u1", "pkg:deb/debian/tzdata@2024a-0%2Bdeb12u1?arch=all&distro=debian-12.7", "tzdata", "2024a-0+deb12u1", [], null),
            new OsPackage("zlib1g", "1:1.2.13.dfsg-1", $"pkg:deb/debian/zlib1g@1.2.13.dfsg-1?arch={architecture}&distro=debian-12.7&epoch=1", "zlib", "1:1.2.13.dfsg-1", ["Zlib"], null)
            {
                SourceParts = new VersionParts("1.2.13.dfsg", "1", 1),
            },
        ])
    {
        Libraries =
        [
            new LibraryPackage("dotnet-core", "Contoso.Dropped", "1.0.0", "pkg:nuget/Contoso.Dropped@1.0.0", "app/Shop.deps.json", null),
            new LibraryPackage("dotnet-core", $"Microsoft.NETCore.App.Runtime.linux-{architecture}", "10.0.0", $"pkg:nuget/Microsoft.NETCore.App.Runtime.linux-{architecture}@10.0.0", "usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.0/Microsoft.NETCore.App.deps.json", null),
        ],
    };
}
