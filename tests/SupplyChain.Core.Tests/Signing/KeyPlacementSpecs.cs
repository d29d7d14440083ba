using CliWrap;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

public sealed class KeyPlacementSpecs
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_that_the_next_commit_may_take_along_is_warned_about()
    {
        using var folder = new TestFolder();
        var key = folder.File("cosign.key");
        await File.WriteAllTextAsync(key, "a key", Token);
        (await WarningAsync(key)).ShouldBeNull("it is in no work tree");

        await Cli.Wrap("git").WithArguments(["init", "-q", folder.Path]).ExecuteAsync(Token);
        var warning = (await WarningAsync(key))!;
        warning.Code.ShouldBe(DiagnosticCodes.KeyInSources);
        warning.Message.ShouldContain(".gitignore");

        await File.WriteAllTextAsync(folder.File(".gitignore"), "*.key\n", Token);
        (await WarningAsync(key)).ShouldBeNull();
    }

    [Theory]
    [InlineData("3.1.3", null)]
    [InlineData("v3.2.0", null)]
    [InlineData("devel", null)]
    [InlineData(null, null)]
    [InlineData("3.1.2", "(GHSA-fx35-mq7g-6g98)")]
    [InlineData("2.6.4", "(GHSA-fx35-mq7g-6g98)")]
    [InlineData("v3.0.2", "GHSA-whqx-f9j3-ch6m, GHSA-fx35-mq7g-6g98")]
    [InlineData("2.5.0-2", "GHSA-whqx-f9j3-ch6m, GHSA-fx35-mq7g-6g98")]
    public void A_cosign_whose_verification_can_be_got_around_is_warned_about(string? version, string? advisories)
    {
        var warning = CosignAdvisories.Of(new Tool("cosign", "/usr/bin/cosign", "PATH") { Version = version });

        if (advisories is null)
        {
            warning.ShouldBeNull();
            return;
        }
        warning!.Code.ShouldBe(DiagnosticCodes.CosignVulnerable);
        warning.Message.ShouldContain(advisories);
        warning.Message.ShouldContain("install 3.1.3 or later");
    }

    /// <summary>Key services and hardware keys cannot be had here: a program that writes down what it is asked stands in for cosign.</summary>
    [Theory]
    [InlineData("awskms:///alias/release")]
    [InlineData("azurekms://vault.example.com/release")]
    [InlineData("gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k/versions/1")]
    [InlineData("hashivault://release")]
    [InlineData("k8s://build/signing")]
    [InlineData("gitlab://contoso/hello")]
    [InlineData("pkcs11:token=release;id=%01;object=key?module-path=/usr/lib/softhsm.so&pin-source=/run/pin")]
    public async Task Keys_of_services_and_devices_are_passed_to_a_fake_cosign_as_they_were_given(string key)
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("cosign"), "#!/bin/sh\nexit 1\n", Token);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder.File("cosign"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var (runner, machine) = (new RecordingRunner(), new FakeMachine());
        var settings = new SigningSettings(folder.Path) { Key = key };

        await Should.ThrowAsync<DiagnosticException>(() => new CosignSigner(runner, new Tool("cosign", folder.File("cosign"), "PATH"), settings, machine)
            .SignAsync([SigningFixture.Signature()], SigningIdentity.Resolve(settings, machine), folder.File("out"), Token));

        var arguments = runner.Invocations.First().Arguments.ToList();
        arguments[arguments.IndexOf("--key") + 1].ShouldBe(key);
    }

    private static Task<Diagnostic?> WarningAsync(string key) => new KeyPlacement(new ToolRunner(), new LocalMachine()).WarningAsync(key, Token);
}
