using System.Text;
using CliWrap;
using CliWrap.Buffered;

namespace SupplyChain.TestKit;

/// <summary>
/// Runs the real dotnet as on another person's machine: a home folder, package folder and temporary folder of its own, no CI variables, no
/// settings of this machine but its package sources. What was printed is kept beside the project, so that a failed test can be read.
/// </summary>
internal sealed class DotnetCli(string home)
{
    /// <summary>For a run that is killed, and must not take the compiler of the others along.</summary>
    public const string OwnCompiler = "-p:UseSharedCompilation=false";

    private static readonly string[] Inherited = ["PATH", "LANG", "LC_ALL", "DOTNET_ROOT", "NUGET_CERT_REVOCATION_MODE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE"];
    private int _runs;

    private readonly CompilerServer? _compiler;

    /// <param name="compiler">Compiles for all runs, until its owner ends it; a compiler that starts for each is dear.</param>
    public DotnetCli(string home, CompilerServer compiler)
        : this(home) => _compiler = compiler;

    /// <summary>Environment variables for every run, on top of the clean ones.</summary>
    public Dictionary<string, string?> Environment { get; } = [];

    /// <summary>A program that runs dotnet and watches it, with its arguments; none: dotnet itself.</summary>
    public IReadOnlyList<string> Under { get; init; } = [];

    public string PackagesFolder => Path.Combine(home, "packages");

    public async Task<DotnetRun> RunAsync(string directory, IReadOnlyList<string> arguments, CancellationToken cancellationToken, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var variables = CleanEnvironment();
        foreach (var (name, value) in Environment.Concat(environment ?? new Dictionary<string, string?>()))
            variables[name] = value;

        var output = new StringBuilder();
        var gate = new Lock();
        var target = PipeTarget.ToDelegate(line =>
        {
            lock (gate)
                output.Append(line).Append('\n');
        });
        var result = await Cli.Wrap(Under is [var program, ..] ? program : "dotnet").WithArguments(Under.Count == 0 ? arguments : [.. Under.Skip(1), "dotnet", .. arguments]).WithWorkingDirectory(directory).WithEnvironmentVariables(variables)
            .WithValidation(CommandResultValidation.None).WithStandardOutputPipe(target).WithStandardErrorPipe(target)
            .ExecuteAsync(cancellationToken);
        var run = new DotnetRun(string.Join(' ', arguments), result.ExitCode, output.ToString());
        await File.WriteAllTextAsync(
            Path.Combine(directory, $"dotnet-{Interlocked.Increment(ref _runs)}.log"), $"$ dotnet {run.Arguments}\n{run.Output}exit code {run.ExitCode}\n", cancellationToken);
        return run;
    }

    private Dictionary<string, string?> CleanEnvironment()
    {
        var temporary = Directory.CreateDirectory(Path.Combine(home, "tmp")).FullName;
        CopyPackageSources();
        var clean = System.Environment.GetEnvironmentVariables().Keys.Cast<string>().ToDictionary(name => name, _ => (string?)null);
        foreach (var name in Inherited)
            clean[name] = System.Environment.GetEnvironmentVariable(name);
        clean["HOME"] = home;
        clean["DOTNET_CLI_HOME"] = home;
        clean["NUGET_PACKAGES"] = PackagesFolder;
        clean["TMPDIR"] = temporary;
        clean["DOCKER_CONFIG"] = Path.Combine(home, ".docker");
        clean["DOTNET_NOLOGO"] = "1";
        clean["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        clean["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false";
        clean["DOTNET_CLI_UI_LANGUAGE"] = "en";
        // No node, compiler or build server may outlive a test, or carry one test's environment into the next.
        clean["MSBUILDDISABLENODEREUSE"] = "1";
        clean["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        clean["UseSharedCompilation"] = _compiler is not null && Under.Count == 0 ? "true" : "false";
        clean["SharedCompilationId"] = _compiler?.Id;
        return clean;
    }

    /// <summary>Only the sources of packages come along from the person who runs the tests.</summary>
    private void CopyPackageSources()
    {
        var own = Path.Combine(home, ".nuget", "NuGet", "NuGet.Config");
        var real = Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), ".nuget", "NuGet", "NuGet.Config");
        if (File.Exists(own) || !File.Exists(real))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(own)!);
        File.Copy(real, own, overwrite: true);
    }
}

internal sealed record DotnetRun(string Arguments, int ExitCode, string Output)
{
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public DotnetRun Succeeded() => ExitCode == 0 ? this : throw new InvalidOperationException($"dotnet {Arguments} ended with {ExitCode}:\n{Output}");

    public DotnetRun Failed() => ExitCode != 0 ? this : throw new InvalidOperationException($"dotnet {Arguments} should have failed:\n{Output}");
}
