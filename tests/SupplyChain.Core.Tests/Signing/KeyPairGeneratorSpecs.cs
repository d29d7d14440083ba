using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Tests.Signing;

public sealed class KeyPairGeneratorSpecs : IDisposable
{
    private readonly SigningFixture _fixture = new();

    [Fact]
    public async Task A_pair_is_made_that_only_this_user_can_read_and_nothing_else_is_left()
    {
        var pair = await _fixture.MakeKeyAsync("keys/release", "pass word");

        pair.PrivateKeyFile.ShouldBe(_fixture.File("keys/release.key"));
        pair.PublicKeyFile.ShouldBe(_fixture.File("keys/release.pub"));
        pair.Warnings.ShouldBeEmpty();
        Directory.GetFileSystemEntries(_fixture.File("keys")).Length.ShouldBe(2);
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(pair.PrivateKeyFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var invocation = _fixture.Runner.Invocations.Single();
        string.Join(' ', invocation.Arguments).ShouldNotContain("pass word");
    }

    [Fact]
    public async Task A_pair_without_a_password_comes_with_a_warning()
    {
        var pair = await _fixture.MakeKeyAsync("cosign");

        pair.Warnings.Single().Code.ShouldBe(DiagnosticCodes.KeyWithoutPassword);
    }

    [Theory]
    [InlineData("cosign.key")]
    [InlineData("cosign.pub")]
    public async Task A_key_is_never_overwritten(string existing)
    {
        await File.WriteAllTextAsync(_fixture.File(existing), "precious", SigningFixture.Token);

        var error = await Should.ThrowAsync<DiagnosticException>(() => _fixture.MakeKeyAsync("cosign"));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.KeyUnusable);
        (await File.ReadAllTextAsync(_fixture.File(existing), SigningFixture.Token)).ShouldBe("precious");
        _fixture.Runner.Invocations.ShouldBeEmpty();
    }

    [Fact]
    public async Task By_default_the_pair_stands_outside_of_the_sources()
    {
        var machine = new FakeMachine { HomeFolder = _fixture.File("home"), Variables = { ["COSIGN_PASSWORD"] = "" } };

        var pair = await new KeyPairGenerator(_fixture.Runner, _fixture.Cosign, machine).GenerateAsync(null, SigningFixture.Token);

        pair.PrivateKeyFile.ShouldBe(_fixture.File("home/.config/supplychain-build/cosign.key"));
    }

    public void Dispose() => _fixture.Dispose();
}
