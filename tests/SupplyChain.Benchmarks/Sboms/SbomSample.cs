using System.Diagnostics;
using System.Globalization;
using System.Text;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks.Sboms;

/// <summary>A restored project with so many packages, each in its folder, and an image with so many packages of the system; measured once in this process.</summary>
internal sealed class SbomSample(int packages, int systemPackages)
{
    private static readonly string Hash = Convert.ToBase64String(new byte[64]);

    /// <returns>Milliseconds to read, to build and write, and to do the latter again; bytes of both documents and of the largest bundle; 1 when one is too large.</returns>
    public async Task<string> MeasureAsync(CancellationToken cancellationToken)
    {
        using var folder = new TestFolder();
        Write(folder);
        var request = new ProjectInventoryRequest(folder.File("App.csproj"), folder.File("project.assets.json"), "net10.0", "App", "1.0.0");
        var (image, listing) = Image();
        var plan = Plan(folder.Path);

        var watch = Stopwatch.StartNew();
        var inventory = await ProjectInventoryReader.ReadAsync(request, cancellationToken);
        var read = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        var written = await new SbomDocuments(plan, image, "1.0.0", DateTimeOffset.UnixEpoch).WriteAsync(inventory, listing, null, cancellationToken);
        var first = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        await new SbomDocuments(plan, image, "1.0.0", DateTimeOffset.UnixEpoch).WriteAsync(inventory, listing, null, cancellationToken);
        var again = watch.Elapsed.TotalMilliseconds;

        // The payload in Base64, a certificate with its chain, an entry of the log.
        var largest = written.Documents.Max(document => (Statement.Write(document.Image, plan.Repository.Name, document.PredicateType, File.ReadAllBytes(document.File)).Length + 2) / 3 * 4) + (16 * 1024);
        var (cycloneDx, spdx) = (new FileInfo(written.Documents[0].File).Length, new FileInfo(written.Documents[1].File).Length);
        var tooLarge = written.Diagnostics.Any(diagnostic => diagnostic.Code.ToString() == "SCB2002") ? 1 : 0;
        return string.Create(CultureInfo.InvariantCulture, $"{read:0.0} {first:0.0} {again:0.0} {cycloneDx} {spdx} {largest} {tooLarge}");
    }

    private void Write(TestFolder folder)
    {
        File.WriteAllText(folder.File("App.csproj"), "<Project />");
        var (targets, libraries, dependencies) = (new StringBuilder(), new StringBuilder(), new StringBuilder());
        for (var i = 0; i < packages; i++)
        {
            var (id, comma) = ($"Contoso.Package.{i}", i == 0 ? "" : ",");
            var next = string.Join(",", Enumerable.Range(i + 1, Math.Min(4, packages - i - 1)).Select(j => $"\"Contoso.Package.{j}\":\"1.0.0\""));
            targets.Append(comma).Append($"\"{id}/1.0.0\":{{\"type\":\"package\",\"dependencies\":{{{next}}},\"runtime\":{{\"lib/net10.0/{id}.dll\":{{}}}}}}");
            libraries.Append(comma).Append($"\"{id}/1.0.0\":{{\"type\":\"package\",\"sha512\":\"{Hash}\",\"path\":\"{id.ToLowerInvariant()}/1.0.0\"}}");
            if (i < 50)
                dependencies.Append(comma).Append($"\"{id}\":{{\"target\":\"Package\",\"version\":\"[1.0.0, )\"}}");
            var place = Directory.CreateDirectory(folder.File($"packages/{id.ToLowerInvariant()}/1.0.0")).FullName;
            File.WriteAllText(Path.Combine(place, id.ToLowerInvariant() + ".nuspec"), $"""
                <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>{id}</id><version>1.0.0</version><authors>Contoso Corporation</authors>
                <license type="expression">MIT</license><projectUrl>https://contoso.example/packages/{i}</projectUrl><description>{new string('d', 300)}</description>
                <repository type="git" url="https://github.com/contoso/package-{i}" commit="{new string('f', 40)}" /></metadata></package>
                """);
            File.WriteAllText(Path.Combine(place, ".nupkg.metadata"), $"{{\"version\":2,\"contentHash\":\"{Hash}\",\"source\":\"https://feed.contoso.example/v3/index.json\"}}");
            File.WriteAllText(Path.Combine(place, $"{id.ToLowerInvariant()}.1.0.0.nupkg.sha512"), Hash);
        }

        var direct = string.Join(",", Enumerable.Range(0, Math.Min(50, packages)).Select(i => $"\"Contoso.Package.{i} >= 1.0.0\""));
        File.WriteAllText(folder.File("project.assets.json"), $$"""
            {"version":3,"targets":{"net10.0":{ {{targets}} } },"libraries":{ {{libraries}} },"projectFileDependencyGroups":{"net10.0":[{{direct}}] },"packageFolders":{"{{folder.File("packages")}}/":{} },
             "project":{"version":"1.0.0","restore":{},"frameworks":{"net10.0":{"targetAlias":"net10.0","dependencies":{ {{dependencies}} } } } } }
            """);
    }

    private (ImageLayout Image, ImageListing Listing) Image()
    {
        var (root, layer) = (new Descriptor(MediaTypes.OciManifest, Digest.Of("image"u8), 1), Digest.Of("layer"u8).ToString());
        var image = new PlatformImage(new Platform("linux", "amd64"), root, new Descriptor(MediaTypes.OciConfig, Digest.Of("config"u8), 1), []);
        var found = Enumerable.Range(0, systemPackages).Select(i =>
            new OsPackage($"libcontoso{i}", "3.0.11-1~deb12u2", $"pkg:deb/debian/libcontoso{i}@3.0.11-1~deb12u2?arch=amd64&distro=debian-12.7", $"contoso{i}", "3.0.11-1~deb12u2", ["Apache-2.0"], layer)
            {
                ScannerId = $"libcontoso{i}@3.0.11-1~deb12u2",
                Type = "debian",
                Architecture = "amd64",
                SourceParts = new VersionParts("3.0.11", "1~deb12u2"),
                LayerDiffId = layer,
            });
        var platform = new ScannedPlatform("linux/amd64", root.Digest, new OperatingSystemRelease("debian", "12.7", false), [.. found]);
        return (new ImageLayout("/image", root, [image]), new ImageListing(root.Digest, "Trivy", "0.74.0", [platform]));
    }

    private static PublishPlan Plan(string folder) => new()
    {
        ProjectFile = Path.Combine(folder, "App.csproj"),
        AssemblyName = "App",
        Version = "1.0.0",
        TargetFramework = "net10.0",
        AssetsFile = Path.Combine(folder, "project.assets.json"),
        Repository = new ImageReference("registry.example.com", "contoso/app"),
        Tags = [],
        OutputDirectory = folder,
        SbomFormats = [SbomFormat.CycloneDX, SbomFormat.SPDX],
        Gate = new GatePolicy(SeverityThreshold.Critical),
        TagPolicy = TagPolicy.Default,
        Signing = new SigningSettings(folder),
    };
}
