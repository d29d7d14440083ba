using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace SupplyChain.Build.Tests;

public sealed class PackageSpecs(Workshop workshop)
{
    [Fact]
    public void The_package_holds_exactly_these_files()
    {
        using var nupkg = ZipFile.OpenRead(workshop.Package.File);
        nupkg.Entries.Select(entry => entry.FullName)
            .Where(name => !name.StartsWith("package/", StringComparison.Ordinal) && !name.StartsWith("_rels/", StringComparison.Ordinal) && name != "[Content_Types].xml")
            .Order(StringComparer.Ordinal).ShouldBe(
            [
                "README.md",
                "SupplyChain.Build.nuspec",
                "build/SupplyChain.Build.Commands.targets",
                "build/SupplyChain.Build.Properties.targets",
                "build/SupplyChain.Build.Publish.targets",
                "build/SupplyChain.Build.props",
                "build/SupplyChain.Build.targets",
                "icon.png",
                "tasks/net10.0/CliWrap.dll",
                "tasks/net10.0/Polly.Core.dll",
                "tasks/net10.0/SupplyChain.Build.deps.json",
                "tasks/net10.0/SupplyChain.Build.dll",
                "tasks/net10.0/SupplyChain.Core.dll",
                "tasks/net10.0/YamlDotNet.dll",
                "tasks/net10.0/linux-x64/SupplyChain.Build.dll",
                "tasks/net10.0/linux-x64/SupplyChain.Core.dll",
            ]);
    }

    [Fact]
    public void The_package_is_smaller_than_five_megabytes() => new FileInfo(workshop.Package.File).Length.ShouldBeLessThan(5_000_000);

    [Fact]
    public void For_Linux_on_x64_the_tasks_are_compiled_ahead_of_time()
    {
        using var nupkg = ZipFile.OpenRead(workshop.Package.File);
        foreach (var name in new[] { "SupplyChain.Build.dll", "SupplyChain.Core.dll" })
        {
            IsCompiled($"tasks/net10.0/{name}").ShouldBeFalse();
            IsCompiled($"tasks/net10.0/linux-x64/{name}").ShouldBeTrue();
        }

        bool IsCompiled(string entry)
        {
            using var content = new MemoryStream();
            using (var stream = nupkg.GetEntry(entry)!.Open())
                stream.CopyTo(content);
            content.Position = 0;
            using var image = new PEReader(content);
            return image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
        }
    }

    [Fact]
    public void The_package_brings_no_dependency_into_the_project_and_is_a_development_dependency()
    {
        using var nupkg = ZipFile.OpenRead(workshop.Package.File);
        using var stream = nupkg.GetEntry("SupplyChain.Build.nuspec")!.Open();
        var nuspec = XDocument.Load(stream);
        nuspec.Descendants().ShouldNotContain(element => element.Name.LocalName == "dependency");
        nuspec.Descendants().Single(element => element.Name.LocalName == "developmentDependency").Value.ShouldBe("true");
    }

    [Fact]
    public void The_MSBuild_files_are_packed_as_they_stand_in_the_repository()
    {
        using var nupkg = ZipFile.OpenRead(workshop.Package.File);
        foreach (var file in Directory.GetFiles(Path.Combine(SupplyChain.TestKit.Toolchain.RepositoryRoot, "build")))
        {
            using var packed = new StreamReader(nupkg.GetEntry("build/" + Path.GetFileName(file))!.Open());
            packed.ReadToEnd().ShouldBe(File.ReadAllText(file));
        }
    }
}
