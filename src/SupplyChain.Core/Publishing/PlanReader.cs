using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;
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

        SourceDate.OfEnvironment(machine);
        // The targets run unless it is false; anything else that is not true is a mistake, and must not switch the gate off.
        settings.Boolean("SupplyChainEnabled", true);
        var repository = ReadRepository(settings);
        var tags = settings.List("ContainerImageTags");
        tags.ToList().ForEach(DestinationNames.CheckTag);
        var toLayout = repository.Registry is null;
        // Each is read whether or not it matters here: a mistake is said the first time, not when the project moves to a registry.
        var (push, mode) = (settings.Boolean("SupplyChainPush", true), settings.OneOf("SupplyChainSign", SignMode.Auto));
        var publish = toLayout || push;
        var sign = publish && (mode == SignMode.True || (mode == SignMode.Auto && !toLayout));
        var scan = settings.Boolean("SupplyChainScan", true);
        var scanner = settings.OneOf("SupplyChainScanner", ScannerName.Trivy);
        var verify = settings.Boolean("SupplyChainVerify", true);
        var sbom = settings.Boolean("SupplyChainSbom", true);
        var attestations = settings.SomeOf<AttestationKind>("SupplyChainAttestations");
        var formats = settings.ListOf("SupplyChainSbomFormats", SbomFormat.CycloneDX, SbomFormat.SPDX);
        var signing = ReadSigning(settings);
        var format = settings.OneOf("SupplyChainSignatureFormat", SignatureFormat.Bundle);
        if (sign && !toLayout)
            DestinationNames.CheckSignable(repository.Repository);
        if (sign && !toLayout)
            EvidencePlace.Repository(machine.Variable);
        if (sign && toLayout && format != SignatureFormat.Bundle)
            throw new DiagnosticException(
                DiagnosticCodes.SigningSettingsUnusable,
                $"SupplyChainSignatureFormat is {format}, and an image in a folder has no tags for it: cosign's older layout is one of registries. Leave it out, or set ContainerRegistry.");
        var offline = settings.Boolean("SupplyChainOffline", false);
        SigningSettingsCheck.Check(signing, sign ? SigningIdentity.Resolve(signing, machine) : null, verify, offline, machine);
        if (sign && verify)
            PublicKeySource.FromSettings(signing, logged: false, machine);

        var (lister, noLister) = sbom && !scan ? FindLister(settings) : default;
        return new PublishPlan
        {
            ProjectFile = settings.ProjectFile,
            AssemblyName = settings.Required("AssemblyName"),
            Version = settings.Required("Version"),
            TargetFramework = settings.Required("TargetFramework"),
            AssetsFile = settings.Path("ProjectAssetsFile")!,
            RuntimeIdentifiers = runtimeIdentifiers,
            Repository = repository,
            Tags = tags,
            BaseRepository = settings.Text("ContainerBaseRegistry") == repository.Registry ? settings.Text("ContainerBaseName") : null,
            UserArchive = settings.Text("ContainerArchiveOutputPath") is { } archive ? ArchiveDestination.Resolve(archive, repository.Repository, settings.ProjectDirectory) : null,
            LoadImage = LoadModes.TryParse(settings.Text("SupplyChainLoadImage"), out var load) ? load : throw settings.Invalid("SupplyChainLoadImage", LoadModes.ValidValues),
            LocalRegistry = settings.Text("LocalRegistry"),
            Reproducible = settings.Boolean("SupplyChainReproducible", true),
            SplitLayers = Layers(settings).Contains(LayerKind.Dependencies),
            OutputDirectory = settings.Path("OutputDirectory")!,
            Scan = scan,
            Gate = GateSettings.Read(settings),
            SuppliedPackages = settings.List("RuntimeSuppliedPackages"),
            ScanSecrets = settings.Boolean("SupplyChainScanSecrets", true),
            ScanMaximumAge = TimeSpan.FromHours(settings.Number("SupplyChainScanMaximumAgeHours", 24)),
            Offline = offline,
            TrivyDatabases = Databases(settings),
            TrivyServer = TrivyServer.Read(settings.Text("SupplyChainTrivyServer"), settings.Text("SupplyChainTrivyServerTokenVariable"), offline, machine.Variable),
            Sbom = sbom,
            EmbedSbom = settings.Boolean("SupplyChainEmbedSbom", true) && sbom,
            PlatformDirectory = settings.Path("PlatformDirectory"),
            SbomFormats = sbom ? formats : [],
            CycloneDxVersion = settings.Text("SupplyChainCycloneDxVersion") switch
            {
                null or "1.6" => CycloneDxVersion.V1_6,
                "1.7" => CycloneDxVersion.V1_7,
                _ => throw settings.Invalid("SupplyChainCycloneDxVersion", "1.6, 1.7"),
            },
            BaseImage = BaseImage(settings),
            Attestations = BuildParameters.Attestations(attestations, sbom ? [.. formats.Select(format => format == SbomFormat.CycloneDX ? PredicateTypes.CycloneDx : PredicateTypes.Spdx)] : [], scan),
            AttestVex = attestations.Contains(AttestationKind.Vex),
            Parameters = BuildParameters.Read(settings),
            SdkVersion = settings.Text("NETCoreSdkVersion"),
            Publish = publish,
            TrustedAuthenticationHosts = settings.List("SupplyChainTrustedAuthenticationHost"),
            ParallelUploads = settings.Number("SupplyChainParallelUploads", ImagePusher.DefaultParallelism) is >= 1 and <= 64 and var uploads ? uploads : throw settings.Invalid("SupplyChainParallelUploads", "whole numbers from 1 to 64"),
            PushTimeLimit = settings.Number("SupplyChainPushTimeLimitMinutes", 60) is >= 1 and var minutes ? TimeSpan.FromMinutes(minutes) : throw settings.Invalid("SupplyChainPushTimeLimitMinutes", "whole numbers from 1 to 100000"),
            TagPolicy = new TagPolicy(settings.Boolean("SupplyChainImmutableTags", true), settings.List("SupplyChainMutableTags")),
            Sign = sign,
            Signing = signing,
            SignatureFormat = format,
            Verify = verify,
            Trivy = scan ? FindTool("trivy", settings) : null,
            Lister = lister,
            NoLister = noLister,
            Grype = scan && scanner is ScannerName.Grype ? FindTool("grype", settings) : null,
            GrypeTarget = settings.OneOf("SupplyChainGrypeTarget", GrypeTarget.Sbom),
            Cosign = sign ? FindTool("cosign", settings) : null,
            Tools = ReadTools(settings),
        };
    }

    /// <summary>Those that Trivy knows by itself are named where a mirror has them.</summary>
    public static IReadOnlyList<string> Databases(Settings settings)
    {
        var mirrors = Mirrors(settings);
        var (given, own) = (settings.List("SupplyChainTrivyDatabase"), TrivyDatabase.OfTrivy);
        if (given.Count > 0)
            return [.. given.Select(mirrors.Apply)];
        return own.Any(reference => mirrors.Apply(reference) != reference) ? [.. own.Select(mirrors.Apply)] : [];
    }

    public static RegistryMirrors Mirrors(Settings settings) => RegistryMirrors.Parse(settings.List("SupplyChainRegistryMirror"));

    /// <summary>What is in no layer of its own is in the application's, which is always there.</summary>
    private static IReadOnlyList<LayerKind> Layers(Settings settings)
    {
        var layers = settings.ListOf("SupplyChainLayers", LayerKind.Dependencies, LayerKind.Application);
        return layers.Contains(LayerKind.Application) ? layers : throw settings.Invalid("SupplyChainLayers", "'Dependencies;Application' (two layers), 'Application' (one)");
    }

    private static string? BaseImage(Settings settings)
    {
        if (settings.Text("BaseImageName") is { } resolved)
            return resolved;
        if (settings.Text("ContainerBaseName") is not { } name)
            return null;
        var registry = settings.Text("ContainerBaseRegistry") is { } host ? host + "/" : "";
        return registry + name + (settings.Text("ContainerBaseTag") is { } tag ? ":" + tag : "");
    }

    /// <summary>Who does not scan may have no scanner: then the bill of materials says what is missing in it.</summary>
    private (Tool? Lister, string? Why) FindLister(Settings settings)
    {
        try
        {
            return (FindTool("trivy", settings), null);
        }
        catch (DiagnosticException e)
        {
            return (null, e.Diagnostic.Message);
        }
    }

    public Tool FindTool(string name, Settings settings) => new ToolLocator(machine).Find(name, HowToFind(settings));

    /// <summary>Where tools that are not on this machine come from.</summary>
    public ToolProvision ReadTools(Settings settings) => new(
        new ToolLocator(machine).ToolsFolder(WhereToolsAre(settings)),
        ToolProvision.ReadSource(ToolsSource(settings), settings.ProjectDirectory))
    {
        Offline = settings.Boolean("SupplyChainOffline", false),
        AirGapBundle = settings.Path("SupplyChainAirGapBundle"),
        CertificateAuthorityFile = ReadAuthority(settings),
    };

    private static string? ToolsSource(Settings settings)
    {
        const string scheme = "oci://";
        var source = settings.Text("SupplyChainToolsSource");
        return source?.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) == true ? scheme + Mirrors(settings).Apply(source[scheme.Length..]) : source;
    }

    private static string? ReadAuthority(Settings settings)
    {
        if (settings.Path("SupplyChainCertificateAuthorityFile") is not { } file)
            return null;
        PrivateAuthority.Read(file);
        return file;
    }

    /// <summary>The pinned release, whether or not the tool is on this machine: for a bundle, which takes nothing else.</summary>
    /// <exception cref="DiagnosticException">SCB7001: there is none for this machine. SCB7010: the user's pins do not fit.</exception>
    public Tool FindRelease(string name, Settings settings) => new ToolLocator(machine).FindRelease(name, HowToFind(settings));

    private ToolSettings HowToFind(Settings settings) => WhereToolsAre(settings) with
    {
        Pins = OwnPins.Parse(settings.List("SupplyChainToolPin")),
        CannotInstall = ReadTools(settings).CannotInstall(),
    };

    private static ToolSettings WhereToolsAre(Settings settings) => new(
        new Dictionary<string, string?> { ["trivy"] = settings.Text("SupplyChainTrivyPath"), ["cosign"] = settings.Text("SupplyChainCosignPath"), ["grype"] = settings.Text("SupplyChainGrypePath") },
        settings.Text("SupplyChainToolsPath"),
        settings.ProjectDirectory);

    /// <summary>Both keys are looked at whether or not they will be used: the plan is a file, and a key's text must not get into it.</summary>
    public SigningSettings ReadSigning(Settings settings)
    {
        foreach (var property in new[] { "SupplyChainSigningKey", "SupplyChainVerificationKey" })
        {
            if (settings.Text(property) is { } key)
                KeyReference.Parse(key, property, settings.ProjectDirectory);
        }

        return new SigningSettings(settings.ProjectDirectory)
        {
            CertificateAuthorityFile = settings.Path("SupplyChainCertificateAuthorityFile"),
            Key = settings.Text("SupplyChainSigningKey"),
            VerificationKey = settings.Text("SupplyChainVerificationKey"),
            CertificateIdentity = settings.Text("SupplyChainCertificateIdentity"),
            CertificateIdentityRegexp = settings.Text("SupplyChainCertificateIdentityRegexp"),
            CertificateOidcIssuer = settings.Text("SupplyChainCertificateOidcIssuer"),
            CertificateOidcIssuerRegexp = settings.Text("SupplyChainCertificateOidcIssuerRegexp"),
            TransparencyLog = settings.OneOf("SupplyChainTransparencyLog", TransparencyLog.Auto),
            FulcioUrl = settings.Text("SupplyChainFulcioUrl"),
            RekorUrl = settings.Text("SupplyChainRekorUrl"),
            TimestampServerUrl = settings.Text("SupplyChainTimestampServerUrl"),
            OidcIssuer = settings.Text("SupplyChainOidcIssuer"),
            SigningConfig = settings.Text("SupplyChainSigningConfig"),
            TrustedRoot = settings.Text("SupplyChainTrustedRoot"),
        };
    }

    private ImageReference ReadRepository(Settings settings)
    {
        var repository = new ImageReference(settings.Text("ContainerRegistry"), settings.Required("ContainerRepository"));
        DestinationNames.CheckRepository(repository.Repository);
        if (repository.Registry is { } registry)
            RegistryEndpoint.For(registry, machine.Variable);
        return repository;
    }

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
