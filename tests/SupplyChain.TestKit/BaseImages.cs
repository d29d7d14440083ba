using CliWrap;
using CliWrap.Buffered;

namespace SupplyChain.TestKit;

/// <summary>
/// The base image that published applications build on in tests: Debian 12 and this machine's .NET runtime, as OCI layouts that
/// tests/toolchain/base-image.sh makes once for the checkout.
/// </summary>
internal static class BaseImages
{
    public const string Repository = "dotnet/aspnet";
    public const string Tag = "10.0";

    private static string Script => Path.Combine(Toolchain.RepositoryRoot, "tests", "toolchain", "base-image.sh");

    private static string Folder => Path.Combine(Toolchain.RepositoryRoot, "artifacts", "base-image");

    /// <summary>The OCI layout of the image for linux/amd64; made now if it is not there yet (about 15 s).</summary>
    public static Task<string> LayoutAsync(CancellationToken cancellationToken) => LayoutAsync("linux-amd64", cancellationToken);

    /// <summary>The OCI layout of an index of two platforms, linux/amd64 and linux/arm64, with the same content.</summary>
    public static Task<string> MultiPlatformLayoutAsync(CancellationToken cancellationToken) => LayoutAsync("multi-platform", cancellationToken);

    /// <summary>Pushes the linux/amd64 image to a registry; about half a second.</summary>
    /// <returns>Its reference, e.g. localhost:5000/dotnet/aspnet:10.0: the value for ContainerBaseImage.</returns>
    public static async Task<string> PushToAsync(string host, CancellationToken cancellationToken, string repository = Repository, string tag = Tag)
    {
        var reference = $"{host}/{repository}:{tag}";
        await RunAsync(Toolchain.Require("crane"), ["push", await LayoutAsync(cancellationToken), reference], cancellationToken);
        return reference;
    }

    /// <summary>Pushes the index of two platforms to a registry.</summary>
    /// <inheritdoc cref="PushToAsync" path="/returns"/>
    public static async Task<string> PushMultiPlatformToAsync(string host, CancellationToken cancellationToken, string repository = Repository, string tag = Tag)
    {
        var reference = $"{host}/{repository}:{tag}";
        await RunAsync(Toolchain.Require("crane"), ["push", "--index", await MultiPlatformLayoutAsync(cancellationToken), reference], cancellationToken);
        return reference;
    }

    private static async Task<string> LayoutAsync(string name, CancellationToken cancellationToken)
    {
        await RunAsync(Script, [], cancellationToken);
        return Path.Combine(Folder, name);
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var result = await Cli.Wrap(program)
            .WithArguments(arguments)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(cancellationToken);
        if (!result.IsSuccess)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {result.ExitCode}:\n{result.StandardOutput}{result.StandardError}");
    }
}
