using System.Runtime.InteropServices;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Tests.Tools;

public sealed class ToolLocatorSpecs
{
    private readonly FakeMachine _machine = new();

    [Fact]
    public void The_property_comes_first_and_is_relative_to_the_project()
    {
        Have("/project/bin/cosign", "/usr/bin/cosign");
        _machine.Variables["PATH"] = "/usr/bin";

        var tool = Find("cosign", path: "bin/cosign");

        tool.ShouldBe(new Tool("cosign", "/project/bin/cosign", "SupplyChainCosignPath"));
    }

    [Fact]
    public void A_property_that_names_nothing_is_an_error_and_never_a_reason_to_look_elsewhere()
    {
        Have("/usr/bin/cosign");
        _machine.Variables["PATH"] = "/usr/bin";

        Fail("cosign", path: "/opt/cosign").ShouldBe("SupplyChainCosignPath is '/opt/cosign', and there is no such file. Correct the path, or leave the property out to search PATH and the tools folder.");
    }

    [Fact]
    public void A_property_that_names_a_folder_or_a_file_without_execute_permission_says_so()
    {
        _machine.Files["/opt/trivy"] = "text";

        Fail("trivy", path: "/tmp").ShouldContain("which is a folder");
        Fail("trivy", path: "/opt/trivy").ShouldContain("chmod +x");
    }

    [Fact]
    public void PATH_is_searched_in_order_but_never_the_current_directory()
    {
        Have("./cosign", "cosign", "tools/cosign", Path.Combine(Directory.GetCurrentDirectory(), "cosign"), "/second/cosign", "/third/cosign");
        _machine.Variables["PATH"] = ".::tools:~/bin:/first:/second:/third";

        Find("cosign").ShouldBe(new Tool("cosign", "/second/cosign", "PATH"));
    }

    [Fact]
    public void After_PATH_comes_the_tools_folder_with_its_highest_version()
    {
        Have("/tools/cosign-3.1.3/cosign", "/tools/cosign-3.10.0/cosign", "/tools/cosign-2.6.4/cosign", "/tools/cosign-broken/readme");

        Find("cosign", toolsPath: "/tools").ShouldBe(new Tool("cosign", "/tools/cosign-3.10.0/cosign", "SupplyChainToolsPath"));

        Have("/tools/cosign");
        Find("cosign", toolsPath: "/tools").Path.ShouldBe("/tools/cosign");
    }

    [Theory]
    [InlineData("", "/home/somebody/.cache/supplychain-build/tools/trivy-0.74.0/trivy")]
    [InlineData("/caches", "/caches/supplychain-build/tools/trivy-0.74.0/trivy")]
    [InlineData("relative", "/home/somebody/.cache/supplychain-build/tools/trivy-0.74.0/trivy")]
    public void The_tools_folder_is_in_the_cache_of_this_user(string xdgCacheHome, string expected)
    {
        Have(expected);
        _machine.Variables["XDG_CACHE_HOME"] = xdgCacheHome;

        Find("trivy").Path.ShouldBe(expected);
    }

    [Theory]
    [InlineData("cosign", "https://github.com/sigstore/cosign/releases", "SupplyChainCosignPath")]
    [InlineData("trivy", "https://github.com/aquasecurity/trivy/releases", "SupplyChainTrivyPath")]
    public void A_tool_that_is_nowhere_and_may_not_be_installed_is_an_error_that_says_how_to_get_it(string name, string page, string property)
    {
        var message = Fail(name);

        message.ShouldStartWith($"{name} is not on PATH and not in /home/somebody/.cache/supplychain-build/tools, and it cannot be installed: it is forbidden.");
        message.ShouldContain(page);
        message.ShouldContain(property);
    }

    [Fact]
    public void The_package_manager_of_the_system_is_named()
    {
        var settings = new ToolSettings(new Dictionary<string, string?>(), null, "/project") { CannotInstall = "it is forbidden" };

        Should.Throw<DiagnosticException>(() => new ToolLocator(new FakeMachine { IsMacOS = true }).Find("cosign", settings)).Message.ShouldContain("brew install cosign");
        Should.Throw<DiagnosticException>(() => new ToolLocator(new FakeMachine { IsWindows = true }).Find("trivy", settings)).Message.ShouldContain("winget install AquaSecurity.Trivy");
    }

    [Fact]
    public void A_tool_that_is_nowhere_is_the_pinned_release_in_the_tools_folder()
    {
        var tool = new ToolLocator(_machine, Architecture.Arm64).Find("cosign", new ToolSettings(new Dictionary<string, string?>(), "/tools", "/project"));

        tool.Release.ShouldBe(ToolPins.Default("cosign", "linux-arm64"));
        tool.Path.ShouldBe("/tools/pinned/cosign-3.1.3-c5d324e091826b0d/cosign");
    }

    [Fact]
    public void A_pin_of_the_user_s_own_comes_before_PATH_and_after_the_property()
    {
        Have("/usr/bin/trivy", "/opt/trivy");
        _machine.Variables["PATH"] = "/usr/bin";
        var settings = new ToolSettings(new Dictionary<string, string?>(), "/tools", "/project") { Pins = OwnPins.Parse(["trivy|0.72.0||"]) };

        var locator = new ToolLocator(_machine, Architecture.X64);
        locator.Find("trivy", settings).Path.ShouldBe("/tools/pinned/trivy-0.72.0-bbb64b9695866ce4/trivy");
        locator.Find("trivy", settings with { Paths = new Dictionary<string, string?> { ["trivy"] = "/opt/trivy" } }).Path.ShouldBe("/opt/trivy");
        Should.Throw<DiagnosticException>(() => locator.Find("trivy", settings with { CannotInstall = "it is forbidden" }))
            .Message.ShouldStartWith("trivy 0.72.0, which SupplyChainToolPin asks for, is not in /tools, and it cannot be installed: it is forbidden.");
    }

    [Fact]
    public void What_is_installed_already_needs_no_permission_to_install()
    {
        Have("/tools/pinned/cosign-3.1.3-4629c757b7618056/cosign");
        var settings = new ToolSettings(new Dictionary<string, string?>(), "/tools", "/project") { CannotInstall = "it is forbidden" };

        new ToolLocator(_machine, Architecture.X64).Find("cosign", settings).Release!.Version.ShouldBe("3.1.3");
    }

    [Fact]
    public void A_machine_that_no_release_is_made_for_is_told_so()
    {
        var settings = new ToolSettings(new Dictionary<string, string?>(), "/tools", "/project");
        Should.Throw<DiagnosticException>(() => new ToolLocator(_machine, Architecture.S390x).Find("cosign", settings)).Message.ShouldContain("there is no official release for ");
    }

    [Fact]
    public void On_Windows_programs_end_in_exe()
    {
        var windows = new FakeMachine { IsWindows = true, Files = { ["/tools/cosign.exe"] = "x", ["/tools/cosign"] = "x" } };

        new ToolLocator(windows).Find("cosign", new ToolSettings(new Dictionary<string, string?>(), "/tools", "/project")).Path.ShouldBe("/tools/cosign.exe");
    }

    private void Have(params string[] files)
    {
        foreach (var file in files)
            _machine.Files[file] = "x";
    }

    private Tool Find(string name, string? path = null, string? toolsPath = null) =>
        new ToolLocator(_machine).Find(name, new ToolSettings(new Dictionary<string, string?> { [name] = path }, toolsPath, "/project"));

    private string Fail(string name, string? path = null)
    {
        var settings = new ToolSettings(new Dictionary<string, string?> { [name] = path }, null, "/project") { CannotInstall = "it is forbidden" };
        var error = Should.Throw<DiagnosticException>(() => new ToolLocator(_machine).Find(name, settings));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolMissing);
        return error.Message;
    }
}
