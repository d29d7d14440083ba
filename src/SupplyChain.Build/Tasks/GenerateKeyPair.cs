using Microsoft.Build.Framework;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>Makes a pair of signing keys, outside the source tree unless a place is given; never overwrites one.</summary>
public sealed class GenerateKeyPair : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var settings = Read(Settings);
        var cosign = new PlanReader(Package.Machine).FindTool("cosign", settings);
        using var shelf = NewShelf(new PlanReader(Package.Machine).ReadTools(settings));
        await shelf.WaitAsync([cosign], Say, TimeSpan.FromSeconds(5), cancellationToken);
        var prefix = settings.Text("SupplyChainSigningKey") is { } key ? Prefix(KeyReference.Parse(key, "SupplyChainSigningKey", settings.ProjectDirectory)) : null;
        var pair = await new KeyPairGenerator(new CheckedToolRunner(new ToolRunner(), shelf), cosign, Package.Machine).GenerateAsync(prefix, cancellationToken);
        pair.Warnings.ToList().ForEach(Report);
        if (await new KeyPlacement(new ToolRunner(), Package.Machine).WarningAsync(pair.PrivateKeyFile, cancellationToken) is { } placement)
            Report(placement);
        Say($"key pair written: {pair.PrivateKeyFile}, {pair.PublicKeyFile}. Sign with -p:SupplyChainSigningKey={pair.PrivateKeyFile}; give the .pub file to those who verify.");
    }
    private static string Prefix(KeyReference key) => key.IsFile
        ? key.Value.EndsWith(".key", StringComparison.OrdinalIgnoreCase) ? key.Value[..^".key".Length] : key.Value
        : throw new DiagnosticException(
            DiagnosticCodes.KeyUnusable,
            $"SupplyChainSigningKey is {key.DisplayName}, which is no file: there is nothing to write. Make that key with cosign or the key service's own tools, or give a file name, for example -p:SupplyChainSigningKey=/home/ada/keys/release.key.");
}
