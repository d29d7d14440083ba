using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// Turns the project's properties into a plan, before the image is built: what is wrong with a setting, a missing tool or a missing identity is
/// said after a second, not after the build.
/// </summary>
internal sealed class PlanReader(IMachine machine)
{
    /// <exception cref="DiagnosticException">SCB01xx a setting; SCB50xx the signing identity; SCB7001 a tool.</exception>
    public PublishPlan Read(Settings settings)
    {
        var runtimeIdentifiers = settings.List("RuntimeIdentifiers");
        RefuseWindows(runtimeIdentifiers, settings.ProjectFile);

        var repository = new ImageReference(settings.Text("ContainerRegistry"), settings.Required("ContainerRepository"));
        var toLayout = repository.Registry is null;
        var publish = toLayout || settings.Boolean("SupplyChainPush", true);
        var sign = publish && settings.OneOf("SupplyChainSign", SignMode.Auto) is var mode && (mode == SignMode.True || (mode == SignMode.Auto && !toLayout));
        var scan = settings.Boolean("SupplyChainScan", true);
        var signing = ReadSigning(settings);
        if (sign)
            SigningIdentity.Resolve(signing, machine);

        return new PublishPlan
        {
            ProjectFile = settings.ProjectFile,
            AssemblyName = settings.Required("AssemblyName"),
            Version = settings.Required("Version"),
            TargetFramework = settings.Required("TargetFramework"),
            AssetsFile = settings.Path("ProjectAssetsFile")!,
            RuntimeIdentifiers = runtimeIdentifiers,
            Repository = repository,
            Tags = settings.List("ContainerImageTags"),
            BaseRepository = settings.Text("ContainerBaseRegistry") == repository.Registry ? settings.Text("ContainerBaseName") : null,
            UserArchive = settings.Text("ContainerArchiveOutputPath") is { } archive ? ArchiveDestination.Resolve(archive, repository.Repository, settings.ProjectDirectory) : null,
            LoadImage = LoadModes.TryParse(settings.Text("SupplyChainLoadImage"), out var load) ? load : throw settings.Invalid("SupplyChainLoadImage", LoadModes.ValidValues),
            LocalRegistry = settings.Text("LocalRegistry"),
            OutputDirectory = settings.Path("OutputDirectory")!,
            Scan = scan,
            Gate = GatePolicy.Parse(settings.Text("SupplyChainSeverityThreshold"), settings.Boolean("SupplyChainIgnoreUnfixed", false)),
            Offline = settings.Boolean("SupplyChainOffline", false),
            TrivyDatabases = settings.List("SupplyChainTrivyDatabase"),
            Sbom = settings.Boolean("SupplyChainSbom", true),
            Publish = publish,
            TagPolicy = new TagPolicy(settings.Boolean("SupplyChainImmutableTags", true), settings.List("SupplyChainMutableTags")),
            Sign = sign,
            Signing = signing,
            Verify = settings.Boolean("SupplyChainVerify", true),
            Trivy = scan ? FindTool("trivy", settings) : null,
            Cosign = sign ? FindTool("cosign", settings) : null,
        };
    }

    public Tool FindTool(string name, Settings settings) => new ToolLocator(machine).Find(name, new ToolSettings(
        new Dictionary<string, string?> { ["trivy"] = settings.Text("SupplyChainTrivyPath"), ["cosign"] = settings.Text("SupplyChainCosignPath") },
        settings.Text("SupplyChainToolsPath"),
        settings.ProjectDirectory));

    public static SigningSettings ReadSigning(Settings settings) => new(settings.ProjectDirectory)
    {
        Key = settings.Text("SupplyChainSigningKey"),
        VerificationKey = settings.Text("SupplyChainVerificationKey"),
    };

    private static void RefuseWindows(IReadOnlyList<string> runtimeIdentifiers, string projectFile)
    {
        if (runtimeIdentifiers.FirstOrDefault(rid => rid.StartsWith("win", StringComparison.OrdinalIgnoreCase)) is { } windows)
        {
            throw new DiagnosticException(new Diagnostic(
                DiagnosticCodes.WindowsContainer,
                $"the container runtime identifier {windows} makes a Windows image, which cannot be scanned and signed here. Set ContainerRuntimeIdentifier to a Linux one, for example linux-x64, or SupplyChainEnabled=false to publish it without.",
                projectFile));
        }
    }
}
