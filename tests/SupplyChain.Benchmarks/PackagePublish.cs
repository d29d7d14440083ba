using System.Text.Json;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks;

/// <summary>With SupplyChain.Build and a key: the same command and one property more.</summary>
internal sealed class PackagePublish(Workbench bench) : IPublish
{
    private TestProject? _project;

    public char Letter => 'b';

    public string Description => "with SupplyChain.Build: also SBOM, scan, gate, signature, attestation, verification";

    public async Task<Measurement> PublishAsync(string tag, CancellationToken cancellationToken)
    {
        _project ??= await bench.CreateProjectAsync("b", withPackage: true, cancellationToken);
        var receiptFile = _project.Path("bin/Release/net10.0/supply-chain/receipt.json");
        if (File.Exists(receiptFile))
            File.Delete(receiptFile);
        var clock = new PublishClock();
        var run = await _project.DotnetAsync(
            cancellationToken,
            "publish", "--no-restore", "/t:PublishContainer", $"-p:ContainerRegistry={bench.Host}", "-p:ContainerRepository=hello-b", $"-p:ContainerImageTag={tag}",
            $"-p:SupplyChainSigningKey={bench.KeyFile}");
        var measurement = clock.Stop([]);
        run.Succeeded();

        using var receipt = JsonDocument.Parse(await File.ReadAllBytesAsync(receiptFile, cancellationToken));
        var root = receipt.RootElement;
        var tagged = await bench.DigestAsync($"{bench.Host}/hello-b:{tag}", cancellationToken);
        if (!root.GetProperty("signed").GetBoolean() || root.GetProperty("verifiedSigner").ValueKind != JsonValueKind.String || root.GetProperty("scan").ValueKind != JsonValueKind.Object)
            throw new InvalidOperationException($"The image was not scanned, signed and verified:\n{root}");
        if (root.GetProperty("digest").GetString() != tagged)
            throw new InvalidOperationException($"Tag {tag} points to {tagged}, the receipt says {root.GetProperty("digest")}.");
        return measurement with { Steps = [.. root.GetProperty("steps").EnumerateArray().Select(Step)] };
    }

    private static MeasuredStep Step(JsonElement step) =>
        new(step.GetProperty("step").GetString()!, TimeSpan.FromMilliseconds(step.GetProperty("milliseconds").GetInt32()));
}
