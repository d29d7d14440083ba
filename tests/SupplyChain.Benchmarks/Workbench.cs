using CliWrap;
using CliWrap.Buffered;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Benchmarks;

/// <summary>
/// What all three ways share: one registry with the base image, one vulnerability database, one key, one set of tools, and an environment that
/// has nothing of this machine's own settings but its package sources.
/// </summary>
internal sealed class Workbench : IAsyncDisposable
{
    private readonly TestFolder _folder;
    private readonly DockerRegistry _registry;
    private readonly DotnetCli _dotnet;

    private Workbench(TestFolder folder, DockerRegistry registry)
    {
        (_folder, _registry) = (folder, registry);
        Home = Directory.CreateDirectory(folder.File("home")).FullName;
        _dotnet = new DotnetCli(Home);
        foreach (var (name, value) in Variables())
            _dotnet.Environment[name] = value;
    }

    public string Host => _registry.Host;

    public string KeyFile => Path.Combine(Home, "cosign.key");

    public string PublicKeyFile => Path.Combine(Home, "cosign.pub");

    private string Home { get; }

    /// <summary>The folder with the package under measurement; others may lie beside it.</summary>
    public string Feed => _folder.File("feed");

    private string Vulnerabilities => _folder.File("trivy");

    public static async Task<Workbench> CreateAsync(CancellationToken cancellationToken)
    {
        var folder = new TestFolder();
        DockerRegistry? registry = null;
        try
        {
            registry = await DockerRegistry.StartAsync(cancellationToken);
            var bench = new Workbench(folder, registry);
            await BaseImages.PushToAsync(registry.Host, cancellationToken);
            AdvisoryDatabase.Write(bench.Vulnerabilities, SampleAdvisories.All);
            await PackAsync(bench.Feed, cancellationToken);
            await bench.RunToolAsync("cosign", ["generate-key-pair", "--output-key-prefix", Path.Combine(bench.Home, "cosign")], cancellationToken);
            return bench;
        }
        catch
        {
            if (registry is not null)
                await registry.DisposeAsync();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>A restored copy of samples/HelloApi; without the package, it is the sample without the lines that name it.</summary>
    public async Task<TestProject> CreateProjectAsync(string name, bool withPackage, CancellationToken cancellationToken)
    {
        var (text, program) = await SampleAsync(withPackage, cancellationToken);
        var project = NewProject(name).Write("HelloApi.csproj", text).Write("Program.cs", program);
        (await project.DotnetAsync(cancellationToken, "restore")).Succeeded();
        return project;
    }

    /// <summary>The project file and the program of samples/HelloApi; without the package, the lines that name it are left out.</summary>
    public static async Task<(string Project, string Program)> SampleAsync(bool withPackage, CancellationToken cancellationToken)
    {
        var sample = Path.Combine(Toolchain.RepositoryRoot, "samples", "HelloApi");
        var lines = (await File.ReadAllLinesAsync(Path.Combine(sample, "HelloApi.csproj"), cancellationToken))
            .Where(line => withPackage || !line.Contains("SupplyChain", StringComparison.Ordinal));
        return (string.Join('\n', lines), await File.ReadAllTextAsync(Path.Combine(sample, "Program.cs"), cancellationToken));
    }

    /// <summary>One file of the application is another one from now on, so that the image is another one too.</summary>
    public static void Change(TestProject project, string tag) => project.Write("appsettings.json", $$"""{ "Version": "{{tag}}" }""");

    /// <summary>A folder of its own for a project that is written here.</summary>
    public ShapeProject CreateShape(string name) => new(_dotnet, _folder.File(name), Feed);

    /// <summary>An empty project with the settings of all of them.</summary>
    public TestProject NewProject(string name) => new(_dotnet, Folder(name), Feed);

    public string Folder(string name) => _folder.File(name);

    /// <summary>A layout as another base image.</summary>
    /// <returns>Its reference.</returns>
    public async Task<string> PushBaseAsync(string layout, string repository, CancellationToken cancellationToken)
    {
        await RunToolAsync("crane", ["push", layout, $"{Host}/{repository}:{BaseImages.Tag}"], cancellationToken);
        return $"{Host}/{repository}:{BaseImages.Tag}";
    }

    /// <summary>Runs one of the tools as the person at the keyboard would; its standard output.</summary>
    /// <exception cref="InvalidOperationException">It ended with another exit code than 0.</exception>
    public async Task<string> RunToolAsync(string tool, string[] arguments, CancellationToken cancellationToken)
    {
        var program = tool == "tar" ? tool : Toolchain.Require(tool);
        var variables = new Dictionary<string, string?>(Variables()) { ["HOME"] = Home, ["DOCKER_CONFIG"] = Path.Combine(Home, ".docker") };
        var result = await Cli.Wrap(program).WithArguments(arguments).WithEnvironmentVariables(variables)
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);
        return result.IsSuccess
            ? result.StandardOutput
            : throw new InvalidOperationException($"{tool} {string.Join(' ', arguments)} ended with {result.ExitCode}:\n{result.StandardOutput}{result.StandardError}");
    }

    public async Task<string> SdkVersionAsync(CancellationToken cancellationToken) =>
        (await _dotnet.RunAsync(Home, ["--version"], cancellationToken)).Succeeded().Output.Trim();

    /// <summary>What a tag in the registry points to.</summary>
    public async Task<string> DigestAsync(string reference, CancellationToken cancellationToken) =>
        (await RunToolAsync("crane", ["digest", reference], cancellationToken)).Trim();

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _folder.Dispose();
    }

    private Dictionary<string, string?> Variables() => new()
    {
        ["PATH"] = $"{Path.Combine(Toolchain.Folder, "bin")}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}",
        ["ContainerBaseImage"] = $"{Host}/{BaseImages.Repository}:{BaseImages.Tag}",
        ["ContainerRegistry"] = null,
        ["COSIGN_PASSWORD"] = "benchmark",
        ["TRIVY_CACHE_DIR"] = Vulnerabilities,
        ["TRIVY_SKIP_DB_UPDATE"] = "true",
        ["TRIVY_SKIP_VERSION_CHECK"] = "true",
        ["TRIVY_DISABLE_TELEMETRY"] = "true",
        ["UseSharedCompilation"] = "false",
        ["XDG_CACHE_HOME"] = Path.Combine(Home, ".cache"),
    };

    /// <summary>The package as this build of it makes it, into a folder.</summary>
    public static async Task PackAsync(string feed, CancellationToken cancellationToken)
    {
        var project = Path.Combine(Toolchain.RepositoryRoot, "src", "SupplyChain.Build", "SupplyChain.Build.csproj");
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var result = await Cli.Wrap("dotnet").WithArguments(["pack", project, "-c", configuration, "--no-build", "-o", feed, "-v:q", "-nologo"])
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);
        if (!result.IsSuccess)
            throw new InvalidOperationException($"dotnet pack failed:\n{result.StandardOutput}{result.StandardError}");
    }
}
