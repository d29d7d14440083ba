using CliWrap;
using CliWrap.Buffered;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>The package as dotnet pack makes it, once for all tests, in a feed of its own.</summary>
internal sealed class PackedPackage : IDisposable
{
    private readonly TestFolder _folder = new();

    public string Feed => _folder.File("feed");

    public string File => Path.Combine(Feed, "SupplyChain.Build.0.1.0.nupkg");

    /// <summary>The home folder of everybody who uses it: packages are restored once for all tests.</summary>
    public string Home => _folder.File("home");

    public async Task PackAsync()
    {
        Directory.CreateDirectory(Home);
        var project = Path.Combine(Toolchain.RepositoryRoot, "src", "SupplyChain.Build", "SupplyChain.Build.csproj");
        var configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
        var result = await Cli.Wrap("dotnet")
            .WithArguments(["pack", project, "-c", configuration, "--no-build", "-o", Feed, "-v:q", "-nologo"])
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"dotnet pack failed:\n{result.StandardOutput}{result.StandardError}");
    }

    public void Dispose() => _folder.Dispose();
}
