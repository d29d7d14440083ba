using SupplyChain.Core.Publishing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

public sealed class OutputFolderSpecs
{
    [Fact]
    public void A_publish_that_fails_leaves_nothing_that_speaks_of_an_earlier_success()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder.File("out/image"));
        string[] stale = ["digest.txt", "receipt.json", "supply-chain.env", "scan.json", "scan.linux-amd64.trivy.json", "sbom.cdx.json", "sbom.spdx.json", "build.cdx.json", "signature.sigstore.json"];
        string[] kept = ["image/index.json", "notes.txt"];
        foreach (var file in stale.Concat(kept))
            File.WriteAllText(folder.File($"out/{file}"), "");

        OutputFolder.Prepare(folder.File("out"));
        OutputFolder.Prepare(folder.File("new/out"));

        stale.Where(file => File.Exists(folder.File($"out/{file}"))).ShouldBeEmpty();
        kept.Where(file => !File.Exists(folder.File($"out/{file}"))).ShouldBeEmpty();
        Directory.Exists(folder.File("new/out")).ShouldBeTrue();
    }
}
