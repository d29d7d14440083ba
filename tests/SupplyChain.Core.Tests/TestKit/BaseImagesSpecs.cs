using CliWrap;
using CliWrap.Buffered;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.TestKit;

public sealed class BaseImagesSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_base_image_is_a_Debian_with_the_runtime_of_this_machine()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);

        var reference = await BaseImages.PushToAsync(registry.Host, Cancellation);

        reference.ShouldBe($"{registry.Host}/dotnet/aspnet:10.0");
        var configuration = await CraneAsync("config", reference);
        configuration.RootElement.GetProperty("architecture").GetString().ShouldBe("amd64");
        configuration.RootElement.GetProperty("config").GetProperty("Env").EnumerateArray()
            .ShouldContain(variable => variable.GetString() == $"DOTNET_VERSION={Environment.Version}");
    }

    [Fact]
    public async Task The_base_image_can_be_an_index_of_two_platforms()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);

        var reference = await BaseImages.PushMultiPlatformToAsync(registry.Host, Cancellation, "company/base", "2");

        reference.ShouldBe($"{registry.Host}/company/base:2");
        var index = await CraneAsync("manifest", reference);
        index.RootElement.GetProperty("manifests").EnumerateArray()
            .Select(manifest => manifest.GetProperty("platform").GetProperty("architecture").GetString())
            .ShouldBe(["amd64", "arm64"]);
    }

    private static async Task<JsonDocument> CraneAsync(params string[] arguments)
    {
        var result = await Cli.Wrap(Toolchain.Require("crane")).WithArguments(arguments).ExecuteBufferedAsync(Cancellation);
        return JsonDocument.Parse(result.StandardOutput);
    }
}
