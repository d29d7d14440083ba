using System.Diagnostics;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks;

/// <summary>What is published by hand.</summary>
/// <param name="Repository">Without the registry.</param>
internal sealed record HandWork(TestProject Project, string Repository, string Tag)
{
    /// <summary>Null: the only one in the project's folder.</summary>
    public string? ProjectFile { get; init; }

    /// <summary>More arguments of the SDK.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>With all the evidence that this package makes, and each of it verified; else one SBOM, and the signature verified.</summary>
    public bool Everything { get; init; }

    /// <summary>Whether the SDK makes an index; every command then goes through its images.</summary>
    public bool SeveralPlatforms { get; init; }
}

/// <summary>
/// The same work by hand, as a careful script does it: nothing is pushed before the scan, the digest is signed and not the tag, no command asks a
/// service on the internet.
/// </summary>
internal sealed class HandCommands(Workbench bench)
{
    /// <summary>As small as provenance may be: who writes it by hand has to find out all it says first.</summary>
    private const string Provenance = """{ "buildDefinition": { "buildType": "https://example.com/by-hand/v1", "externalParameters": {} }, "runDetails": { "builder": { "id": "https://example.com/hand" } } }""";

    /// <summary>How cosign calls the predicate types, and what goes in.</summary>
    private static readonly (string Type, string File)[] More = [("spdxjson", "sbom.spdx.json"), ("vuln", "vuln.json"), ("slsaprovenance1", "provenance.json")];

    private readonly List<MeasuredStep> _steps = [];

    /// <summary>The name, with its digest, that was pushed and signed.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Commands of the same kind are one step.</summary>
    public IReadOnlyList<MeasuredStep> Steps =>
        [.. _steps.GroupBy(step => step.Name).Select(same => new MeasuredStep(same.Key, TimeSpan.FromTicks(same.Sum(step => step.Duration.Ticks))))];

    public async Task PublishAsync(HandWork work, CancellationToken cancellationToken)
    {
        var folder = FolderOf(work);
        var (archive, layout) = (Path.Combine(folder, "image.tar"), Path.Combine(folder, "image"));
        string[] project = work.ProjectFile is null ? [] : [work.ProjectFile];
        Directory.CreateDirectory(layout);
        var began = Stopwatch.GetTimestamp();
        (await work.Project.DotnetAsync(
            cancellationToken,
            ["publish", .. project, "--no-restore", "/t:PublishContainer", $"-p:ContainerRepository={work.Repository}", $"-p:ContainerImageTag={work.Tag}", $"-p:ContainerArchiveOutputPath={archive}", "-p:ContainerImageFormat=OCI", .. work.Arguments])).Succeeded();
        _steps.Add(new MeasuredStep("SDK to archive", Stopwatch.GetElapsedTime(began)));
        await Do("tar", "tar", "-xf", archive, "-C", layout);
        IReadOnlyList<HandImage> images = work.SeveralPlatforms ? HandImage.Split(layout, folder) : [new HandImage("", layout, folder)];
        foreach (var image in images)
            await ScanAsync(image, work.Everything);

        Name = (await Do("crane push", "crane", "push", layout, $"{bench.Host}/{work.Repository}:{work.Tag}")).Trim();
        string[] signing = ["--key", bench.KeyFile, "--use-signing-config=false", "--tlog-upload=false", "--yes"];
        string[] recursive = work.SeveralPlatforms ? ["--recursive"] : [];
        await Do("cosign sign", "cosign", ["sign", .. signing, .. recursive, Name]);
        foreach (var image in images)
            await Do("cosign attest", "cosign", ["attest", .. signing, "--type", "cyclonedx", "--predicate", image.File("sbom.cdx.json"), image.NameIn(Name)]);
        foreach (var name in images.Select(image => image.NameIn(Name)).Append(Name).Distinct())
            await Do("cosign verify", "cosign", "verify", "--key", bench.PublicKeyFile, "--insecure-ignore-tlog=true", name);
        if (!work.Everything)
            return;
        foreach (var image in images)
            await AttestAllAsync(image);

        async Task AttestAllAsync(HandImage image)
        {
            await File.WriteAllTextAsync(image.File("provenance.json"), Provenance, cancellationToken);
            foreach (var (type, file) in More)
                await Do("cosign attest, others", "cosign", ["attest", .. signing, "--type", type, "--predicate", image.File(file), image.NameIn(Name)]);
            foreach (var type in More.Select(more => more.Type).Append("cyclonedx"))
                await Do("cosign verify-attestation", "cosign", "verify-attestation", "--key", bench.PublicKeyFile, "--insecure-ignore-tlog=true", "--type", type, image.NameIn(Name));
        }

        async Task ScanAsync(HandImage image, bool everything)
        {
            string[] always = ["image", "--input", image.Layout, "--offline-scan", "--no-progress"];
            await Do("trivy, report", "trivy", [.. always, "--scanners", "vuln", "--format", "json", "--output", image.File("trivy.json")]);
            await Do("trivy, SBOM", "trivy", [.. always, "--format", "cyclonedx", "--output", image.File("sbom.cdx.json")]);
            if (!everything)
                return;
            await Do("trivy, SPDX", "trivy", [.. always, "--format", "spdx-json", "--output", image.File("sbom.spdx.json")]);
            await Do("trivy, scan result", "trivy", [.. always, "--scanners", "vuln", "--format", "cosign-vuln", "--output", image.File("vuln.json")]);
        }

        async Task<string> Do(string step, string tool, params string[] arguments)
        {
            var began = Stopwatch.GetTimestamp();
            var output = await bench.RunToolAsync(tool, arguments, cancellationToken);
            _steps.Add(new MeasuredStep(step, Stopwatch.GetElapsedTime(began)));
            return output;
        }
    }

    /// <summary>After the measurement: what was signed is what the tag points to; what lies about is deleted.</summary>
    public async Task CheckAsync(HandWork work, CancellationToken cancellationToken)
    {
        Directory.Delete(FolderOf(work), recursive: true);
        var reference = $"{bench.Host}/{work.Repository}";
        var tagged = await bench.DigestAsync($"{reference}:{work.Tag}", cancellationToken);
        if (Name != $"{reference}@{tagged}")
            throw new InvalidOperationException($"Tag {work.Tag} points to {tagged}, but {Name} was signed.");
    }

    private static string FolderOf(HandWork work) => work.Project.Path($"obj/by-hand/{work.Repository}-{work.Tag}");
}
