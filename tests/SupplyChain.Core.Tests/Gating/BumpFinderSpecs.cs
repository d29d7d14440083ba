using SupplyChain.Core.Gating;
using SupplyChain.Core.Projects;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Gating;

/// <summary>Versions are proposed for packages that bring others in only where packages on this machine prove them.</summary>
public sealed class BumpFinderSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_smallest_restored_version_that_brings_a_fixed_one_is_found()
    {
        Package("reports", "2.1.0", Group("net8.0", ("Vulnerable", "1.0.0")));
        Package("reports", "2.2.0", Group("net8.0", ("Vulnerable", "[1.0.5, 2.0.0)")));
        Package("reports", "2.3.0-beta", Group("net8.0", ("Vulnerable", "1.1.0")));
        Package("reports", "2.3.1", Group("net8.0", ("Vulnerable", "1.1.2")));
        Package("reports", "3.0.0", Group("net8.0", ("Vulnerable", "2.0.0")));
        Find().ShouldBe(new ProvenBump("Vulnerable", "1.0.0", "Reports", "2.3.1", "1.1.2"));
    }

    [Fact]
    public void The_group_of_the_target_framework_decides()
    {
        Package("reports", "2.2.0", Group("netstandard2.0", ("Vulnerable", "9.0.0")), Group("net8.0", ("Vulnerable", "1.0.0")), Group(".NETFramework4.6.2", ("Vulnerable", "9.0.0")));
        Find().ShouldBeNull();
        Package("reports", "2.4.0", Group(".NETStandard2.0", ("Vulnerable", "1.2.0")), Group(".NETFramework4.6.2", ("Vulnerable", "1.0.0")));
        Find()!.To.ShouldBe("2.4.0");
    }

    [Fact]
    public void A_longer_way_than_todays_proves_nothing()
    {
        Package("reports", "2.2.0", Group("net8.0", ("Middle", "1.0.0")));
        Package("middle", "1.0.0", Group("net8.0", ("Vulnerable", "1.1.0")));
        Find().ShouldBeNull();
        Find("Reports", "Middle", "Vulnerable")!.Brings.ShouldBe("1.1.0");
    }

    [Fact]
    public void What_is_not_on_this_machine_or_cannot_be_read_proves_nothing()
    {
        Package("reports", "2.2.0", Group("net8.0", ("Missing", "1.0.0")));
        Package("reports", "2.3.0", Group("net8.0", ("Vulnerable", "(1.0,2.0)")));
        Package("reports", "2.4.0", Group("net48", ("Vulnerable", "1.1.0")));
        Directory.CreateDirectory(_folder.File("packages/reports/2.5.0"));
        File.WriteAllText(_folder.File("packages/reports/2.5.0/reports.nuspec"), "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><package>&b;</package>");
        Directory.CreateDirectory(_folder.File("packages/reports/not a version"));
        Find("Reports", "Middle", "Vulnerable").ShouldBeNull();
        new PackageDependencies([_folder.File("packages")], "net10.0").Of("../packages/reports", "2.2.0").ShouldBeNull();
    }

    private static string Group(string framework, params (string Id, string Version)[] dependencies) =>
        $"<group targetFramework=\"{framework}\">{string.Concat(dependencies.Select(one => $"<dependency id=\"{one.Id}\" version=\"{one.Version}\" />"))}</group>";

    private void Package(string id, string version, params string[] groups)
    {
        Directory.CreateDirectory(_folder.File($"packages/{id}/{version}"));
        File.WriteAllText(
            _folder.File($"packages/{id}/{version}/{id}.nuspec"),
            $"<package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\"><metadata><id>{id}</id><dependencies>{string.Concat(groups)}</dependencies></metadata></package>");
    }

    private ProvenBump? Find(params string[] path)
    {
        if (path.Length == 0)
            path = ["Reports", "Vulnerable"];
        var inventory = new ProjectInventory("Hello", "1", "/Hello.csproj", "net10.0", [new NuGetPackage("Reports", "2.1.0", true, []), new NuGetPackage("Vulnerable", "1.0.0", false, []) { Path = path }]);
        return new BumpFinder([_folder.File("packages")], "net10.0").Find([Samples.Json with { Package = "Vulnerable", Version = "1.0.0", FixedVersion = "1.1.0" }], inventory).SingleOrDefault();
    }
}
