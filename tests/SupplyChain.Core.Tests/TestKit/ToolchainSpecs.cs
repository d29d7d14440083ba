using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.TestKit;

public sealed class ToolchainSpecs
{
    [Fact]
    public void The_root_of_the_checkout_is_found() =>
        File.Exists(Path.Combine(Toolchain.RepositoryRoot, "SupplyChain.Build.sln")).ShouldBeTrue();

    [Fact]
    public void A_missing_tool_fails_and_says_how_to_get_it() =>
        Should.Throw<InvalidOperationException>(() => Toolchain.Require("no-such-tool")).Message.ShouldContain("tests/toolchain/install.sh");

    [Fact]
    public void The_installed_tool_comes_before_one_on_the_path_which_must_be_executable()
    {
        using var folder = new TestFolder();
        var installed = Tool(folder, "toolchain/bin/trivy", executable: true);
        var onPath = Tool(folder, "path/trivy", executable: true);
        var notExecutable = Tool(folder, "other/trivy", executable: false);

        Toolchain.Find("trivy", Path.GetDirectoryName(onPath), folder.File("toolchain")).ShouldBe(installed);
        Toolchain.Find("trivy", Path.GetDirectoryName(onPath), folder.File("empty")).ShouldBe(onPath);
        Toolchain.Find("trivy", Path.GetDirectoryName(notExecutable), folder.File("empty")).ShouldBeNull();
    }

    [Fact]
    public void A_test_folder_is_gone_at_the_end()
    {
        string path;
        using (var folder = new TestFolder())
        {
            path = folder.Path;
            Directory.CreateDirectory(folder.File("a/b"));
            File.WriteAllText(folder.File("a/b/c"), "content");
        }

        Directory.Exists(path).ShouldBeFalse();
    }

    private static string Tool(TestFolder folder, string name, bool executable)
    {
        var file = folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "#!/bin/sh\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, executable ? UnixFileMode.UserRead | UnixFileMode.UserExecute : UnixFileMode.UserRead);
        return file;
    }
}
