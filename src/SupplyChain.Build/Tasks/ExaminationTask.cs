using Microsoft.Build.Framework;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;
using SupplyChain.Core.Verifying;

namespace SupplyChain.Build.Tasks;

/// <summary>What the targets for any image share: its registry, cosign, and who must have signed.</summary>
public abstract class ExaminationTask : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    private protected async Task<ExaminedImage> ExamineAsync(
        Settings values, ExaminationSettings settings, IReadOnlyList<string> required, CancellationToken cancellationToken)
    {
        var reader = new PlanReader(Package.Machine);
        var cosign = reader.FindTool("cosign", values);
        var provision = reader.ReadTools(values);
        using var shelf = NewShelf(provision);
        await shelf.WaitAsync([cosign], Say, TimeSpan.FromSeconds(5), cancellationToken);
        if (CosignAdvisories.Of(await shelf.ReadyAsync(cosign, cancellationToken)) is { } advisory)
            Report(advisory);
        using var http = RegistryHttp.CreateClient(provision.CertificateAuthorityFile);
        var credentials = new RememberedCredentials(DockerCredentials.OfThisUser(Environment.GetEnvironmentVariable, Detail));
        var access = new RegistrySettings(Environment.GetEnvironmentVariable, Detail, TimeProvider.System) { Writes = false, TrustedAuthenticationHosts = settings.TrustedAuthenticationHosts };
        var store = new RegistryStore(settings.Reference, http, credentials, access);
        var elsewhere = EvidencePlace.Repository(Environment.GetEnvironmentVariable);
        var cosignAccess = RegistryAccess.For(settings.Reference.Registry!, (await credentials.FindAsync(store.Repository, cancellationToken)).Credential, Environment.GetEnvironmentVariable) with { CertificateAuthorityFile = provision.CertificateAuthorityFile };
        var work = Directory.CreateTempSubdirectory("supply-chain-");
        try
        {
            var verifier = new Verifier(new CheckedToolRunner(new ToolRunner(), shelf), cosign, Package.Machine);
            return await new ImageExaminer(verifier).ExamineAsync(
                store, new ExaminationRequest(settings.Reference, settings.Signer, required, cosignAccess, work.FullName)
                {
                    OtherSigners = settings.OtherSigners,
                    ReadLayers = settings.ReadLayers,
                    Evidence = elsewhere is null ? null : new RegistryStore(elsewhere, http, DockerCredentials.OfThisUser(Environment.GetEnvironmentVariable, Detail), access),
                },
                cancellationToken);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private protected ExaminationSettings ReadSettings(Settings values) =>
        ExaminationSettings.Read(values, new PlanReader(Package.Machine).ReadSigning(values), Package.Machine);

    private protected void Print(IEnumerable<string> lines)
    {
        foreach (var line in lines)
            Log.LogMessage(MessageImportance.High, "{0}", SupplyChain.Core.Diagnostics.SingleLine.WithoutCommands(line));
    }
}
