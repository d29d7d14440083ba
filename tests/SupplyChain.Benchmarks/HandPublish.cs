using System.Diagnostics;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks;

/// <summary>
/// The same work by hand, as a careful script does it: nothing is pushed before the scan, the digest is signed and not the tag, no command asks a
/// service on the internet.
/// </summary>
internal sealed class HandPublish(Workbench bench) : IPublish
{
    private TestProject? _project;

    public char Letter => 'c';

    public string Description => "by hand: SDK to archive, tar, trivy (report, SBOM), crane push, cosign sign, attest, verify";

    public async Task<Measurement> PublishAsync(string tag, CancellationToken cancellationToken)
    {
        _project ??= await bench.CreateProjectAsync("c", withPackage: false, cancellationToken);
        var work = _project.Path($"obj/by-hand/{tag}");
        var (archive, layout, report, sbom) = (Path.Combine(work, "image.tar"), Path.Combine(work, "image"), Path.Combine(work, "trivy.json"), Path.Combine(work, "sbom.cdx.json"));
        var repository = $"{bench.Host}/hello-c";
        var steps = new List<MeasuredStep>();
        async Task<string> Do(string step, string tool, params string[] arguments)
        {
            var began = Stopwatch.GetTimestamp();
            var output = tool == "dotnet"
                ? (await _project.DotnetAsync(cancellationToken, arguments)).Succeeded().Output
                : await bench.RunToolAsync(tool, arguments, cancellationToken);
            steps.Add(new MeasuredStep(step, Stopwatch.GetElapsedTime(began)));
            return output;
        }

        var clock = new PublishClock();
        Directory.CreateDirectory(layout);
        await Do("SDK to archive", "dotnet",
            "publish", "--no-restore", "/t:PublishContainer", "-p:ContainerRepository=hello-c", $"-p:ContainerImageTag={tag}", $"-p:ContainerArchiveOutputPath={archive}", "-p:ContainerImageFormat=OCI");
        await Do("tar", "tar", "-xf", archive, "-C", layout);
        await Do("trivy, report", "trivy", "image", "--input", layout, "--scanners", "vuln", "--format", "json", "--output", report, "--offline-scan", "--no-progress");
        await Do("trivy, SBOM", "trivy", "image", "--input", layout, "--format", "cyclonedx", "--output", sbom, "--offline-scan", "--no-progress");
        var name = (await Do("crane push", "crane", "push", layout, $"{repository}:{tag}")).Trim();
        string[] signing = ["--key", bench.KeyFile, "--use-signing-config=false", "--tlog-upload=false", "--yes"];
        await Do("cosign sign", "cosign", ["sign", .. signing, name]);
        await Do("cosign attest", "cosign", ["attest", .. signing, "--type", "cyclonedx", "--predicate", sbom, name]);
        await Do("cosign verify", "cosign", "verify", "--key", bench.PublicKeyFile, "--insecure-ignore-tlog=true", name);
        var measurement = clock.Stop(steps);

        Directory.Delete(work, recursive: true);
        var tagged = await bench.DigestAsync($"{repository}:{tag}", cancellationToken);
        return name == $"{repository}@{tagged}"
            ? measurement
            : throw new InvalidOperationException($"Tag {tag} points to {tagged}, but {name} was signed.");
    }
}
