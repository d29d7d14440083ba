using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Tests.Tools;

public sealed class ToolPinsSpecs
{
    private const string Hash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    [Fact]
    public void Every_pin_is_a_hash_of_its_own_with_an_origin()
    {
        var releases = ToolPins.All.SelectMany(version => ToolPlatform.All.Select(platform => version.For(platform)!)).ToList();

        releases.ShouldAllBe(release => release.Sha256.Length == 64 && release.Sha256.All(char.IsAsciiHexDigitLower));
        releases.Select(release => release.Sha256).ShouldBeUnique();
        releases.Select(release => release.Path).ShouldBeUnique();
        releases.ShouldAllBe(release => release.Origin.Contains("(official)") || release.Origin.Contains("(third party)"));
    }

    [Fact]
    public void What_is_installed_by_itself_has_no_known_weakness()
    {
        var cosign = ToolPins.Default("cosign", "linux-x64")!;
        CosignAdvisories.Of(new Tool("cosign", "/tools/cosign", "pinned release") { Version = cosign.Version }).ShouldBeNull();
        ToolPins.All.ToList().ForEach(pin => DeniedTools.Refuse(pin.Tool, pin.Version, pin.LinuxX64, "a pin of ours"));
    }

    [Theory]
    [InlineData("trivy", "linux-x64", "aquasecurity/trivy/releases/download/v0.74.0/trivy_0.74.0_Linux-64bit.tar.gz")]
    [InlineData("trivy", "osx-arm64", "aquasecurity/trivy/releases/download/v0.74.0/trivy_0.74.0_macOS-ARM64.tar.gz")]
    [InlineData("trivy", "win-x64", "aquasecurity/trivy/releases/download/v0.74.0/trivy_0.74.0_windows-64bit.zip")]
    [InlineData("cosign", "linux-arm64", "sigstore/cosign/releases/download/v3.1.3/cosign-linux-arm64")]
    [InlineData("cosign", "win-x64", "sigstore/cosign/releases/download/v3.1.3/cosign-windows-amd64.exe")]
    [InlineData("grype", "osx-x64", "anchore/grype/releases/download/v0.116.1/grype_0.116.1_darwin_amd64.tar.gz")]
    public void Files_are_named_as_the_projects_name_them(string tool, string platform, string path) => ToolPins.Default(tool, platform)!.Path.ShouldBe(path);

    [Fact]
    public void A_pin_of_one_s_own_gives_version_platform_and_hash()
    {
        var pins = OwnPins.Parse([$"Trivy|v0.75.0|linux-x64|{Hash.ToUpperInvariant()}", $"trivy|0.75.0|osx-arm64|{Hash}"]);

        var release = OwnPins.Choose(pins, "trivy", "linux-x64")!;

        (release.Version, release.Sha256, release.FileName).ShouldBe(("0.75.0", Hash, "trivy_0.75.0_Linux-64bit.tar.gz"));
        OwnPins.Choose(pins, "cosign", "linux-x64").ShouldBeNull();
    }

    [Fact]
    public void A_version_alone_chooses_one_of_the_known_releases() =>
        OwnPins.Choose(OwnPins.Parse(["cosign|2.6.1||"]), "cosign", "win-x64")!.Sha256.ShouldStartWith("049026da");

    [Theory]
    [InlineData("trivvy|0.74.0||", "Valid values of Include: trivy, cosign, grype.")]
    [InlineData("trivy|||", "its Version is ''")]
    [InlineData("trivy|../../x||", "its Version is '../../x'")]
    [InlineData("trivy|0.60.0||", "or one of the versions it knows: 0.74.0, 0.72.0, 0.69.3")]
    [InlineData("trivy|0.75.0|linux-x64|abc", "its Sha256 is 'abc'. Valid values: 64 hexadecimal digits")]
    [InlineData("trivy|0.75.0|linux-amd64|" + Hash, "its Platform is 'linux-amd64'. Valid values: linux-x64, linux-arm64, osx-x64, osx-arm64, win-x64.")]
    [InlineData("trivy|0.75.0||" + Hash, "its Platform is ''")]
    [InlineData("trivy|0.75.0|linux-x64|a|b", "cannot be read")]
    public void A_pin_that_says_too_little_is_refused(string item, string expected)
    {
        var error = Should.Throw<DiagnosticException>(() => OwnPins.Parse([item]));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolPinUnusable);
        error.Message.ShouldContain(expected);
    }

    [Fact]
    public void Pins_for_other_machines_only_and_two_for_one_machine_are_refused()
    {
        Refuse($"trivy|0.75.0|win-x64|{Hash}").ShouldContain("have none for this machine, which is linux-x64");
        Refuse($"trivy|0.75.0|linux-x64|{Hash}", "trivy|0.74.0||").ShouldContain("2 SupplyChainToolPin items for trivy fit this machine (linux-x64)");

        static string Refuse(params string[] items) => Should.Throw<DiagnosticException>(() => OwnPins.Choose(OwnPins.Parse(items), "trivy", "linux-x64")).Message;
    }

    [Theory]
    [InlineData("0.69.4")]
    [InlineData("v0.69.5")]
    [InlineData("0.69.6-1+deb13")]
    public void A_version_that_is_known_to_be_malicious_is_refused(string version)
    {
        var error = Should.Throw<DiagnosticException>(() => DeniedTools.Refuse("trivy", version, Hash, "trivy (/usr/bin/trivy, found by PATH)"));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolDenied);
        error.Message.ShouldStartWith("trivy (/usr/bin/trivy, found by PATH) is known to be malicious (CVE-2026-33634");
    }

    [Fact]
    public void A_file_that_is_known_to_be_malicious_is_refused_whatever_it_calls_itself()
    {
        Should.Throw<DiagnosticException>(() => DeniedTools.Refuse("trivy", "0.74.0", "0376b98064636c30f5fbe60fb3b1225516e23e88dd7e909937f81d9265292e7d", "it")).Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolDenied);
        Should.Throw<DiagnosticException>(() => OwnPins.Parse([$"trivy|0.69.4|linux-x64|{Hash}"])).Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolDenied);
        DeniedTools.Refuse("trivy", "0.69.3", Hash, "it");
        DeniedTools.Refuse("trivy", null, Hash, "it");
        DeniedTools.Refuse("cosign", "0.69.4", Hash, "it");
    }
}
