using SupplyChain.Core.Projects;
using SupplyChain.Core.Publishing;

namespace SupplyChain.Core.Tests.Publishing;

public sealed class DependencyFilesSpecs
{
    [Fact]
    public void What_packages_brought_and_the_host_of_the_SDK_are_dependencies_and_the_applications_own_files_are_not() =>
        DependencyFiles.Of(Inventory("Shop.dll", ("Newtonsoft.Json", ["Newtonsoft.Json.dll"]), ("Humanizer.Core", ["Humanizer.dll", "de/Humanizer.resources.dll"])))
            .ShouldBe(["app/Newtonsoft.Json.dll", "app/Humanizer.dll", "app/de/Humanizer.resources.dll", "app/Shop"], ignoreOrder: true);

    [Fact]
    public void The_runtime_of_a_self_contained_application_is_a_dependency() =>
        DependencyFiles.Of(Inventory("Shop.dll", ("Microsoft.NETCore.App.Runtime.linux-x64", ["System.Private.CoreLib.dll", "libcoreclr.so"])))
            .ShouldBe(["app/System.Private.CoreLib.dll", "app/libcoreclr.so", "app/Shop"], ignoreOrder: true);

    [Theory]
    [InlineData("Shop")]
    [InlineData(null)]
    public void An_application_in_a_single_file_or_native_or_of_unknown_shape_stays_one_layer(string? main) =>
        DependencyFiles.Of(Inventory(main, ("Newtonsoft.Json", ["Shop"]), ("SQLitePCLRaw.lib.e_sqlite3", ["libe_sqlite3.so"]))).ShouldBeEmpty();

    [Theory]
    [InlineData("/", "Newtonsoft.Json.dll")]
    [InlineData("/srv/shop", "srv/shop/Newtonsoft.Json.dll")]
    public void The_working_directory_of_the_image_is_where_they_are(string directory, string file)
    {
        var inventory = Inventory("Shop.dll", ("Newtonsoft.Json", ["Newtonsoft.Json.dll"]));
        DependencyFiles.Of(inventory with { Application = inventory.Application with { Directory = directory } }).ShouldContain(file);
    }

    private static ProjectInventory Inventory(string? main, params (string Id, string[] Files)[] packages) =>
        new("Shop", "1.0.0", "/src/Shop.csproj", "net10.0", [.. packages.Select(package => new NuGetPackage(package.Id, "1.0.0", true, []) { Files = package.Files })])
        {
            Application = new ApplicationFacts { File = main },
        };
}
