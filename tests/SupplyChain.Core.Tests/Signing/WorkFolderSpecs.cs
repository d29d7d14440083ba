using SupplyChain.Core.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

public sealed class WorkFolderSpecs
{
    [Fact]
    public void What_a_killed_process_left_is_deleted_and_nothing_else()
    {
        using var folder = new TestFolder();
        var left = new WorkFolder(folder.Path);
        File.WriteAllText(left.File("config.json"), "{}");
        Directory.CreateDirectory(folder.File("work"));
        File.WriteAllText(folder.File("sbom.cdx.json"), "{}");

        WorkFolder.DeleteLeftOver(folder.Path);
        WorkFolder.DeleteLeftOver(folder.File("nowhere"));

        Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order().ShouldBe(["sbom.cdx.json", "work"]);
    }

    [Fact]
    public void Only_this_user_may_look_into_it()
    {
        using var folder = new TestFolder();
        using var work = new WorkFolder(folder.Path);
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(work.Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
