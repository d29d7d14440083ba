using CliWrap;
using CliWrap.Buffered;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

[assembly: AssemblyFixture(typeof(SupplyChain.Build.Tests.Workshop))]

namespace SupplyChain.Build.Tests;

/// <summary>
/// What every publish in these tests needs: the packed package, a registry with the base image, a database of real advisories, a key. Made
/// once; each test has a project folder of its own, and a repository or registry of its own where it looks at what was written.
/// </summary>
public sealed class Workshop : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly PackedPackage _package = new();
    private readonly CompilerServer _compiler = new();
    private DockerRegistry? _registry;
    private TestProject? _built;

    internal PackedPackage Package => _package;

    internal DotnetCli Dotnet { get; private set; } = null!;

    internal DockerRegistry Registry => _registry!;

    public string BaseImage { get; private set; } = "";

    public string MultiPlatformBaseImage { get; private set; } = "";

    /// <summary>The database of advisories.</summary>
    public string TrivyCache => _folder.File("trivy");

    public string Key => _folder.File("cosign.key");

    public string PublicKey => _folder.File("cosign.pub");

    public async ValueTask InitializeAsync()
    {
        var cancellation = CancellationToken.None;
        await _package.PackAsync();
        _registry = await DockerRegistry.StartAsync(cancellation);
        BaseImage = await BaseImages.PushToAsync(_registry.Host, cancellation);
        MultiPlatformBaseImage = await BaseImages.PushMultiPlatformToAsync(_registry.Host, cancellation, "dotnet/multi");
        AdvisoryDatabase.Write(_folder.File("trivy"), [SampleAdvisories.NewtonsoftJson, SampleAdvisories.SystemDrawing, SampleAdvisories.Ncurses]);
        Dotnet = new DotnetCli(_package.Home, _compiler)
        {
            Environment =
            {
                ["TRIVY_CACHE_DIR"] = _folder.File("trivy"),
                ["PATH"] = $"{Path.GetDirectoryName(Toolchain.Require("trivy"))}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}",
                ["COSIGN_PASSWORD"] = "",
            },
        };
        await RunAsync("cosign", "generate-key-pair", "--output-key-prefix", _folder.File("cosign"));
        _built = NewProject();
        (await _built.DotnetAsync(cancellation, "build", _built.ProjectFile, "-c", "Release")).Succeeded();
    }

    /// <summary>A console application with one reference to the package; restored and built already, as long as its project file stays as it is.</summary>
    internal TestProject Project() => _built!.CopyTo(NewFolder("app"));

    /// <summary>The same, as it is written for the first time.</summary>
    internal TestProject NewProject(string folder = "app", string name = "HelloApi") => new(Dotnet, NewFolder(folder), _package.Feed, name);

    private string NewFolder(string name) => Path.Combine(_folder.File(Guid.NewGuid().ToString("N")[..8]), name);

    /// <summary>What a user adds to push to a repository of its own.</summary>
    internal IReadOnlyList<string> To(string repository, string tag = "1.4.0", string? host = null) =>
    [
        $"-p:ContainerRegistry={host ?? Registry.Host}",
        $"-p:ContainerRepository={repository}",
        $"-p:ContainerImageTag={tag}",
        OnBaseImage,
    ];

    internal string OnBaseImage => $"-p:ContainerBaseImage={BaseImage}";

    internal string Signed => $"-p:SupplyChainSigningKey={Key}";

    /// <summary>Whether a stranger with the public key can verify all that a published image must carry.</summary>
    internal async Task<bool> HasCompleteEvidenceAsync(string reference)
    {
        foreach (var type in new[] { "https://sigstore.dev/cosign/sign/v1", "https://cyclonedx.org/bom", "https://cosign.sigstore.dev/attestation/vuln/v1", "https://slsa.dev/provenance/v1" })
        {
            if ((await RunAsync("cosign", "verify-attestation", "--type", type, "--key", PublicKey, "--insecure-ignore-tlog=true", reference)).ExitCode != 0)
                return false;
        }

        return true;
    }

    /// <summary>What a user writes to take a step out of the list; property functions escape the semicolons of what they return.</summary>
    internal static string WithoutStep(string target) =>
        $"<PropertyGroup><SupplyChainPublishDependsOn>$([MSBuild]::Unescape($(SupplyChainPublishDependsOn.Replace('{target};', ''))))</SupplyChainPublishDependsOn></PropertyGroup>";

    /// <summary>Runs one of the tools as a stranger would.</summary>
    internal static async Task<BufferedCommandResult> RunAsync(string tool, params string[] arguments) => await Cli.Wrap(Toolchain.Require(tool))
        .WithArguments(arguments)
        .WithEnvironmentVariables(new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = "" })
        .WithWorkingDirectory(Path.GetTempPath())
        .WithValidation(CommandResultValidation.None)
        .ExecuteBufferedAsync();

    public async ValueTask DisposeAsync()
    {
        if (_registry is not null)
            await _registry.DisposeAsync();
        _compiler.Dispose();
        _package.Dispose();
        _folder.Dispose();
    }
}
