using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks.Scale;

/// <summary>The lines of the table.</summary>
internal static class ScaleRows
{
    private const int SystemPackages = 800;
    private const int Packages = 500;
    private const int Gigabyte = 1_000_000_000;

    public static IReadOnlyList<ScaleRow> All(Workbench bench, bool sameEvidence) =>
    [
        new SolutionRow(bench, sameEvidence),
        new ImageRow(bench, sameEvidence, "packages", $"{SystemPackages} packages of the system, {Packages} NuGet packages")
        {
            Base = WithSystemPackagesAsync,
            Project = (name, withPackage, cancellationToken) => WithPackagesAsync(bench, name, withPackage, cancellationToken),
        },
        new ImageRow(bench, sameEvidence, "layer", "a base image with a layer of 1 GB, into a new repository")
        {
            Base = (variant, cancellationToken) => variant.WithLayerAsync(Random(), CompressionLevel.NoCompression, cancellationToken),
            NewRepository = true,
        },
        new ImageRow(bench, sameEvidence, "platforms", "3 platforms (amd64, arm64, arm)")
        {
            Base = (variant, _) => Task.FromResult(variant.WithPlatforms(new DescriptorPlatform("amd64", "linux"), new DescriptorPlatform("arm64", "linux"), new DescriptorPlatform("arm", "linux", "v7"))),
            Project = (name, withPackage, cancellationToken) => ForPlatformsAsync(bench, name, withPackage, cancellationToken),
            SeveralPlatforms = true,
        },
    ];

    /// <summary>Entries of dpkg's database as they stand in the base image, under other names, each with its list of files and its licence.</summary>
    private static async Task<string> WithSystemPackagesAsync(BaseVariant variant, CancellationToken cancellationToken)
    {
        var real = (await variant.ReadAsync("var/lib/dpkg/status", cancellationToken)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var (status, files) = (new StringBuilder(string.Join("\n\n", real)), new List<(string, byte[])>());
        for (var i = real.Length; i < SystemPackages; i++)
        {
            var lines = real[i % real.Length].Split('\n');
            status.Append("\n\n").Append($"Package: libcontoso{i}\n").AppendJoin('\n', lines.Where(line => !line.StartsWith("Package:", StringComparison.Ordinal)));
            files.Add(($"var/lib/dpkg/info/libcontoso{i}.list", Encoding.UTF8.GetBytes($"/.\n/usr\n/usr/lib\n/usr/lib/libcontoso{i}.so.1\n")));
            files.Add(($"usr/share/doc/libcontoso{i}/copyright", "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: 2026 Contoso\nLicense: Apache-2.0\n"u8.ToArray()));
        }

        files.Add(("var/lib/dpkg/status", Encoding.UTF8.GetBytes(status.Append('\n').ToString())));
        return await variant.WithLayerAsync(files, CompressionLevel.Fastest, cancellationToken);
    }

    /// <summary>Random bytes, as compressed ones are to everybody who only carries them.</summary>
    private static IEnumerable<(string, byte[])> Random() =>
        Enumerable.Range(0, 10).Select(part => ($"opt/model/part{part}.bin", RandomNumberGenerator.GetBytes(Gigabyte / 10)));

    /// <summary>Restored from a folder alone: no feed is asked for packages that only this measurement has.</summary>
    private static async Task<TestProject> WithPackagesAsync(Workbench bench, string name, bool withPackage, CancellationToken cancellationToken)
    {
        var feed = bench.Folder("packages-feed");
        if (!Directory.Exists(feed))
            LocalPackages.Write(Directory.CreateDirectory(feed).FullName, Packages);
        var (text, _) = await Workbench.SampleAsync(withPackage, cancellationToken);
        var project = bench.NewProject(name)
            .Write("nuget.config", $"""<configuration><packageSources><clear /><add key="contoso" value="{feed}" /><add key="feed" value="{bench.Feed}" /></packageSources></configuration>""")
            .Write("HelloApi.csproj", text.Replace("""<PackageReference Include="Newtonsoft.Json" Version="13.0.3" />""", LocalPackages.References(), StringComparison.Ordinal).Replace("</Nullable>", "</Nullable><NuGetAudit>false</NuGetAudit>", StringComparison.Ordinal))
            .Write("Program.cs", """var app = WebApplication.CreateBuilder(args).Build(); app.MapGet("/", () => "hello world"); app.Run();""");
        (await project.DotnetAsync(cancellationToken, "restore")).Succeeded();
        return project;
    }

    private static async Task<TestProject> ForPlatformsAsync(Workbench bench, string name, bool withPackage, CancellationToken cancellationToken)
    {
        var project = await bench.CreateProjectAsync(name, withPackage, cancellationToken);
        // Framework-dependent and without a host program: nothing of the other platforms has to be downloaded.
        project.Write("HelloApi.csproj", (await File.ReadAllTextAsync(project.ProjectFile, cancellationToken)).Replace(
            "</Nullable>", "</Nullable><RuntimeIdentifiers>linux-x64;linux-arm64;linux-arm</RuntimeIdentifiers><UseAppHost>false</UseAppHost><EnableAppHostPackDownload>false</EnableAppHostPackDownload><EnableRuntimePackDownload>false</EnableRuntimePackDownload>", StringComparison.Ordinal));
        (await project.DotnetAsync(cancellationToken, "restore")).Succeeded();
        return project;
    }
}
