using Microsoft.Build.Framework;
using SupplyChain.Core.Bases;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Build.Tasks;

/// <summary>Looks up what the tag of the base image points to now, writes it into base-image.lock.json, and says what that changes.</summary>
public sealed class UpdateBaseImage : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    /// <summary>ContainerBaseImage as the project has it, or as the SDK has computed it.</summary>
    [Required]
    public string BaseImage { get; set; } = "";

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var settings = Read(Settings);
        var rules = ResolveBaseImage.Rules(settings);
        var name = BaseImageName.Parse(BaseImage);
        rules.CheckAllowed(name);
        using var http = RegistryHttp.CreateClient(new PlanReader(Package.Machine).ReadTools(settings).CertificateAuthorityFile);
        var store = new RegistryStore(
            rules.Mirrors.Apply(name),
            http,
            DockerCredentials.OfThisUser(Environment.GetEnvironmentVariable, Detail),
            new RegistrySettings(Environment.GetEnvironmentVariable, Detail, TimeProvider.System) { Writes = false, TrustedAuthenticationHosts = settings.List("SupplyChainTrustedAuthenticationHost") });
        foreach (var line in await new BaseImageUpdate(store, rules.LockFile, TimeProvider.System).RunAsync(name, cancellationToken))
            Log.LogMessage(MessageImportance.High, "{0}", line);
    }
}
