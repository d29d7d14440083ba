using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks.Accuracy;

/// <summary>
/// Publishes one application in every shape and compares: what really ships, our bill of materials, what Trivy says about the image without it, and
/// what cdxgen says about the project where it is installed.
/// </summary>
internal static class AccuracyRun
{
    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine("Setting up: registry, base image, package …");
        await using var bench = await Workbench.CreateAsync(cancellationToken);
        var cdxgen = new ToolLocator(new LocalMachine()).FindOnPath("cdxgen");
        var trivyVersion = (await bench.RunToolAsync("trivy", ["--version"], cancellationToken)).Split('\n')[0];
        Console.WriteLine($"recall / precision of NuGet packages; truth: the published files. .NET SDK {await bench.SdkVersionAsync(cancellationToken)}, {trivyVersion}, cdxgen {(cdxgen is null ? "not on PATH" : "on PATH")}");
        Console.WriteLine();
        Console.WriteLine("| shape | packages | SupplyChain.Build | trivy image | cdxgen | runtime: ours | runtime: trivy |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        var project = bench.CreateShape("shapes");
        var whole = (Project: await File.ReadAllTextAsync(project.Project.ProjectFile, cancellationToken), Program: await File.ReadAllTextAsync(project.Project.Path("Program.cs"), cancellationToken));
        foreach (var shape in Shape.All)
        {
            Write(project.Project, whole, shape);
            if (Directory.Exists(project.Project.Path("supply-chain")))
                Directory.Delete(project.Project.Path("supply-chain"), recursive: true);
            // The package is asked for its document only: nothing of it may be in the image that the others look at.
            (await project.Project.PublishAsync(cancellationToken,
                [.. shape.Arguments, "-p:SupplyChainEmbedSbom=false", "-p:SupplyChainScan=false", "-p:SupplyChainLoadImage=false", "-o", project.Output(shape.Folder), "-p:SupplyChainOutputPath=supply-chain/"])).Succeeded();
            Console.WriteLine(await CompareAsync(bench, project, shape, cdxgen, cancellationToken));
        }
    }

    private static async Task<string> CompareAsync(Workbench bench, ShapeProject project, Shape shape, Tool? cdxgen, CancellationToken cancellationToken)
    {
        var folder = project.Project.Path("supply-chain");
        var map = shape.IsNative ? project.Project.Path("obj/Release/net10.0/linux-x64/native/Shop.map.xml") : null;
        var truth = ShippedTruth.Of(project.Output(shape.Folder), new PackageFiles(project.Project.Path("obj/project.assets.json")), map);
        var ours = Purls(await File.ReadAllTextAsync(Path.Combine(folder, "sbom.cdx.json"), cancellationToken));
        var trivy = Purls(await bench.RunToolAsync("trivy", ["image", "--quiet", "--input", Path.Combine(folder, "image"), "--format", "cyclonedx", "--offline-scan"], cancellationToken));
        var other = cdxgen is null ? null : Purls(await GenerateAsync(cdxgen, project.Project.Directory, cancellationToken));
        return $"| {shape.Name} | {truth.Count} | {Score.Of(truth, Packages(ours))} | {Score.Of(truth, Packages(trivy))} | {(other is null ? "-" : Score.Of(truth, Packages(other)))} | {Runtime(ours)} | {Runtime(trivy)} |";
    }

    private static void Write(TestProject project, (string Project, string Program) whole, Shape shape)
    {
        var text = whole.Project;
        if (shape.References is { } references)
        {
            var start = text.IndexOf("<PackageReference Include=\"Newtonsoft.Json\"", StringComparison.Ordinal);
            text = text[..start] + references + text[text.IndexOf("</ItemGroup>", StringComparison.Ordinal)..];
        }

        project.Write("Shop.csproj", text);
        project.Write("Program.cs", shape.Program ?? whole.Program);
    }

    private static async Task<string> GenerateAsync(Tool cdxgen, string directory, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");
        try
        {
            await Cli.Wrap(cdxgen.Path).WithArguments(["-t", "dotnet", "--no-install-deps", "-o", file, directory]).WithWorkingDirectory(directory)
                .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);
            return File.Exists(file) ? await File.ReadAllTextAsync(file, cancellationToken) : "{}";
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary><c>id/version</c> of the NuGet packages that a document lists as part of the application.</summary>
    private static HashSet<string> Purls(string document)
    {
        var found = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        using var json = JsonDocument.Parse(document);
        if (!json.RootElement.TryGetProperty("components", out var components))
            return found;
        foreach (var component in components.EnumerateArray())
        {
            const string prefix = "pkg:nuget/";
            if (component.TryGetProperty("purl", out var purl) && purl.GetString() is { } text && text.StartsWith(prefix, StringComparison.Ordinal)
                && !(component.TryGetProperty("scope", out var scope) && scope.GetString() == "excluded"))
                found.Add(Uri.UnescapeDataString(text[prefix.Length..].Split('?')[0]).Replace('@', '/'));
        }

        return found;
    }

    /// <summary>Without the runtime, which has columns of its own, and without the projects, which are no packages.</summary>
    private static HashSet<string> Packages(HashSet<string> purls) =>
        [.. purls.Where(purl => !IsRuntime(purl) && !purl.StartsWith("Shop/", StringComparison.OrdinalIgnoreCase) && !purl.StartsWith("Orders/", StringComparison.OrdinalIgnoreCase))];

    private static string Runtime(HashSet<string> purls) => purls.Any(purl => purl.StartsWith("Microsoft.NETCore.App.Runtime.linux", StringComparison.OrdinalIgnoreCase)) ? "yes" : "no";

    private static bool IsRuntime(string purl) =>
        purl.StartsWith("Microsoft.NETCore.App.Runtime.", StringComparison.OrdinalIgnoreCase) || purl.StartsWith("Microsoft.AspNetCore.App.Runtime.", StringComparison.OrdinalIgnoreCase);
}
