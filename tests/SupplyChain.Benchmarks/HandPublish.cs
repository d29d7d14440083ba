using System.Diagnostics;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks;

/// <summary>
/// The same work by hand, as a careful script does it: nothing is pushed before the scan, the digest is signed and not the tag, no command asks a
/// service on the internet.
/// </summary>
/// <param name="everything">With all the evidence that this package makes, and each of it verified; else one SBOM, and the signature verified.</param>
internal sealed class HandPublish(Workbench bench, bool everything = false) : IPublish
{
    /// <summary>As small as provenance may be: who writes it by hand has to find out all it says first.</summary>
    private const string Provenance = """{ "buildDefinition": { "buildType": "https://example.com/by-hand/v1", "externalParameters": {} }, "runDetails": { "builder": { "id": "https://example.com/hand" } } }""";

    private TestProject? _project;

    /// <summary>How cosign calls the predicate types, and what goes in.</summary>
    private static readonly (string Type, string File)[] More = [("spdxjson", "sbom.spdx.json"), ("vuln", "vuln.json"), ("slsaprovenance1", "provenance.json")];

    public char Letter => everything ? 'd' : 'c';

    public string Description => everything
        ? "by hand, with the evidence of b: two SBOMs, scan result, provenance (written before), each attested and verified"
        : "by hand: SDK to archive, tar, trivy (report, SBOM), crane push, cosign sign, attest, verify";

    public async Task<Measurement> PublishAsync(string tag, CancellationToken cancellationToken)
    {
        _project ??= await bench.CreateProjectAsync(Letter.ToString(), withPackage: false, cancellationToken);
        var work = _project.Path($"obj/by-hand/{tag}");
        var (archive, layout, report, sbom) = (Path.Combine(work, "image.tar"), Path.Combine(work, "image"), Path.Combine(work, "trivy.json"), Path.Combine(work, "sbom.cdx.json"));
        var repository = $"{bench.Host}/hello-{Letter}";
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

        Directory.CreateDirectory(layout);
        await File.WriteAllTextAsync(Path.Combine(work, "provenance.json"), Provenance, cancellationToken);
        Workbench.Change(_project, tag);
        var clock = new PublishClock();
        await Do("SDK to archive", "dotnet",
            "publish", "--no-restore", "/t:PublishContainer", $"-p:ContainerRepository=hello-{Letter}", $"-p:ContainerImageTag={tag}", $"-p:ContainerArchiveOutputPath={archive}", "-p:ContainerImageFormat=OCI");
        await Do("tar", "tar", "-xf", archive, "-C", layout);
        await Do("trivy, report", "trivy", "image", "--input", layout, "--scanners", "vuln", "--format", "json", "--output", report, "--offline-scan", "--no-progress");
        await Do("trivy, SBOM", "trivy", "image", "--input", layout, "--format", "cyclonedx", "--output", sbom, "--offline-scan", "--no-progress");
        if (everything)
        {
            await Do("trivy, SPDX", "trivy", "image", "--input", layout, "--format", "spdx-json", "--output", Path.Combine(work, "sbom.spdx.json"), "--offline-scan", "--no-progress");
            await Do("trivy, scan result", "trivy", "image", "--input", layout, "--scanners", "vuln", "--format", "cosign-vuln", "--output", Path.Combine(work, "vuln.json"), "--offline-scan", "--no-progress");
        }

        var name = (await Do("crane push", "crane", "push", layout, $"{repository}:{tag}")).Trim();
        string[] signing = ["--key", bench.KeyFile, "--use-signing-config=false", "--tlog-upload=false", "--yes"];
        await Do("cosign sign", "cosign", ["sign", .. signing, name]);
        await Do("cosign attest", "cosign", ["attest", .. signing, "--type", "cyclonedx", "--predicate", sbom, name]);
        await Do("cosign verify", "cosign", "verify", "--key", bench.PublicKeyFile, "--insecure-ignore-tlog=true", name);
        if (everything)
        {
            foreach (var (type, file) in More)
                await Do("cosign attest, others", "cosign", ["attest", .. signing, "--type", type, "--predicate", Path.Combine(work, file), name]);
            foreach (var type in More.Select(more => more.Type).Append("cyclonedx"))
                await Do("cosign verify-attestation", "cosign", "verify-attestation", "--key", bench.PublicKeyFile, "--insecure-ignore-tlog=true", "--type", type, name);
        }

        var measurement = clock.Stop([.. steps.GroupBy(step => step.Name).Select(same => new MeasuredStep(same.Key, TimeSpan.FromTicks(same.Sum(step => step.Duration.Ticks))))]);

        Directory.Delete(work, recursive: true);
        var tagged = await bench.DigestAsync($"{repository}:{tag}", cancellationToken);
        return name == $"{repository}@{tagged}"
            ? measurement
            : throw new InvalidOperationException($"Tag {tag} points to {tagged}, but {name} was signed.");
    }
}
