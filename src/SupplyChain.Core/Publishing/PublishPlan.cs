using System.Text.Json.Serialization;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// Everything a publish needs to know, decided and checked before the image is built. Travels between the MSBuild targets as plan.json.
/// Holds names of keys and of environment variables, never a secret. All paths are absolute.
/// </summary>
internal sealed record PublishPlan
{
    // The project
    public required string ProjectFile { get; init; }
    public required string AssemblyName { get; init; }
    public required string Version { get; init; }
    public required string TargetFramework { get; init; }
    public required string AssetsFile { get; init; }
    public IReadOnlyList<string> RuntimeIdentifiers { get; init; } = [];

    // The image
    /// <summary>Registry (null: an OCI layout folder) and repository.</summary>
    public required ImageReference Repository { get; init; }
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>The repository of the base image when it is on the same registry: its layers need no upload.</summary>
    public string? BaseRepository { get; init; }

    /// <summary>The date of the sources takes the place of the time of the build.</summary>
    public bool Reproducible { get; init; }

    /// <summary>What packages brought gets a layer of its own.</summary>
    public bool SplitLayers { get; init; }

    /// <summary>The user's own ContainerArchiveOutputPath: gets the archive once the gate has passed.</summary>
    public string? UserArchive { get; init; }
    public LoadMode LoadImage { get; init; }
    public string? LocalRegistry { get; init; }

    /// <summary>The evidence, for people and later tools.</summary>
    public required string OutputDirectory { get; init; }

    // The steps
    public bool Scan { get; init; }
    public required GatePolicy Gate { get; init; }

    /// <summary>Waivers of the project, its ignore files and its VEX documents.</summary>
    public IReadOnlyList<Waiver> Waivers { get; init; } = [];
    public IReadOnlyList<VexStatement> Vex { get; init; } = [];

    /// <summary><c>id|version</c>: packages that the runtime supplies up to this version.</summary>
    public IReadOnlyList<string> SuppliedPackages { get; init; } = [];
    public bool ScanSecrets { get; init; }

    /// <summary>Up to this age an earlier scan of the same bytes with the same database is taken. Zero: none is.</summary>
    public TimeSpan ScanMaximumAge { get; init; }
    public bool Offline { get; init; }
    public IReadOnlyList<string> TrivyDatabases { get; init; } = [];
    public TrivyServer? TrivyServer { get; init; }
    public bool Sbom { get; init; }
    public IReadOnlyList<SbomFormat> SbomFormats { get; init; } = [];
    public CycloneDxVersion CycloneDxVersion { get; init; }

    /// <summary>Registry, repository and tag that the SDK builds on; for people.</summary>
    public string? BaseImage { get; init; }

    /// <summary>The application's part of it goes into the image.</summary>
    public bool EmbedSbom { get; init; }

    /// <summary>With several runtime identifiers: where their inner builds write, see <see cref="PlatformInventories"/>. Null: one build, and no inner one.</summary>
    public string? PlatformDirectory { get; init; }

    /// <summary>False: everything up to the gate, nothing after it.</summary>
    public bool Publish { get; init; }
    public required TagPolicy TagPolicy { get; init; }

    /// <summary>Blobs at the same time.</summary>
    public int ParallelUploads { get; init; } = ImagePusher.DefaultParallelism;

    /// <summary>For the whole push.</summary>
    public TimeSpan PushTimeLimit { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Hosts that may receive the registry's credentials though they are not its own.</summary>
    public IReadOnlyList<string> TrustedAuthenticationHosts { get; init; } = [];

    /// <summary>Decided: the published image gets a signature and attestations.</summary>
    public bool Sign { get; init; }
    public required SigningSettings Signing { get; init; }
    public SignatureFormat SignatureFormat { get; init; }
    public bool Verify { get; init; }

    /// <summary>Predicate types of the attestations that a signed image must carry; each step that makes one adds its document to <see cref="PublishState.Documents"/>.</summary>
    public IReadOnlyList<string> Attestations { get; init; } = [];

    /// <summary>A VEX document is attested too, where there is one.</summary>
    public bool AttestVex { get; init; }

    /// <summary>See <see cref="BuildParameters"/>.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>When this publish began, UTC.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The version of the .NET SDK.</summary>
    public string? SdkVersion { get; init; }

    /// <summary>Whether a document of this type is signed and attached.</summary>
    public bool Attests(string predicateType) => Attestations.Contains(predicateType) || (AttestVex && predicateType == PredicateTypes.OpenVex);

    /// <summary>What an SDK before version 11 cuts when it builds for several platforms; null: it did not build for several.</summary>
    public CutValues? CutValues { get; init; }

    /// <summary>A warning about the tags; null: they are fine.</summary>
    [JsonIgnore]
    public Diagnostic? TagAdvice => Publish && !ToLayout && Tags is ["latest"]
        ? new Diagnostic(
            DiagnosticCodes.OnlyLatest,
            $"latest is the only tag of {Repository.Name}: it points to another image after the next publish, and nothing tells which version runs. Add <ContainerImageTags>$(Version);latest</ContainerImageTags> to the project, or publish with -p:ContainerImageTag={(ImageReference.IsTag(Version) ? Version : "1.4.0")}.",
            ProjectFile)
        : null;

    // The tools; null when no step needs them
    public Tool? Trivy { get; init; }

    /// <summary>Trivy, where it only lists what is in the image; null: it is not wanted, or cannot be had (<see cref="NoLister"/>).</summary>
    public Tool? Lister { get; init; }

    /// <summary>For people: why nothing lists what is in the image.</summary>
    public string? NoLister { get; init; }

    /// <summary>Null: Trivy decides which packages are vulnerable.</summary>
    public Tool? Grype { get; init; }
    public GrypeTarget GrypeTarget { get; init; }
    public Tool? Cosign { get; init; }

    /// <summary>Where those of them that are not on this machine come from; null only where no tool is run.</summary>
    public ToolProvision? Tools { get; init; }

    /// <summary>The image ends in an OCI layout folder of the output folder.</summary>
    [JsonIgnore]
    public bool ToLayout => Repository.Registry is null;

    [JsonIgnore]
    public string LayoutDirectory => Path.Combine(OutputDirectory, "image");

    /// <summary>What the result is called: without a registry where nothing was pushed to one.</summary>
    public ImageReference ReferenceTo(Digest image) => (Publish ? Repository : Repository with { Registry = null }).At(image);

    /// <summary>For people: the registry, or the folder.</summary>
    [JsonIgnore]
    public string DestinationName => Repository.Registry ?? LayoutDirectory;
}

/// <summary>SupplyChainSbomFormats.</summary>
internal enum SbomFormat
{
    CycloneDX,
    SPDX,
}

/// <summary>SupplyChainLayers, lowest first.</summary>
internal enum LayerKind
{
    Dependencies,
    Application,
}

/// <summary>SupplyChainScanner.</summary>
internal enum ScannerName
{
    Trivy,
    Grype,
}

/// <summary>SupplyChainSign.</summary>
internal enum SignMode
{
    Auto,
    True,
    False,
}
