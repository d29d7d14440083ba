using System.Globalization;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tests.Scanning;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Core.Tests.Gating;

/// <summary>
/// Projects in every form in which people name versions, really restored, with packages that really have advisories. What the gate proposes is done as written,
/// restored, and scanned again: it must be gone.
/// </summary>
[Trait("Category", "Slow")]
public sealed class CorpusSpecs : IDisposable
{
    private const string Json = """<PackageReference Include="Newtonsoft.Json" Version="12.0.3" />""";
    private const string Drawing = """<PackageReference Include="System.Drawing.Common" Version="4.7.0" />""";

    /// <summary>Brings in System.Drawing.Common 4.7.0 by two packages in between.</summary>
    private const string Configuration = """<PackageReference Include="System.Configuration.ConfigurationManager" Version="4.7.0" />""";

    private readonly ScanFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Name → files; the project is NAME.csproj.</summary>
    private static IReadOnlyList<(string Name, (string File, string Text)[] Files)> Projects =>
    [
        ("Attributes", [Project(Json + "\n" + Drawing)]),
        ("Elements", [Project("<PackageReference Include=\"Newtonsoft.Json\">\n<Version>12.0.3</Version>\n</PackageReference>\n<PackageReference Include=\"System.Drawing.Common\">\n<Version>4.7.0</Version>\n</PackageReference>")]),
        ("Properties", [Project("<PackageReference Include=\"Newtonsoft.Json\" Version=\"$(JsonVersion)\" />\n" + Drawing, "<JsonVersion>12.0.3</JsonVersion>")]),
        ("LowerCase", [Project("<PackageReference Include=\"newtonsoft.json\" Version=\"12.0.3\" />\n<PackageReference Include=\"system.drawing.common\" Version=\"4.7.0\" />")]),
        ("Range", [Project("<PackageReference Include=\"Newtonsoft.Json\" Version=\"[12.0.3, 14.0.0)\" />")]),
        ("Conditional", [Project(Json + "\n" + Drawing, condition: " Condition=\"'$(TargetFramework)' == 'net10.0'\"")]),
        ("Transitive", [Project(Configuration)]),
        ("TransitiveAndDirect", [Project(Configuration + "\n" + Json)]),
        ("Central", [Project("<PackageReference Include=\"Newtonsoft.Json\" />\n<PackageReference Include=\"System.Drawing.Common\" />"), Central(("Newtonsoft.Json", "12.0.3"), ("System.Drawing.Common", "4.7.0"))]),
        ("CentralTransitive", [Project("<PackageReference Include=\"System.Configuration.ConfigurationManager\" />"), Central(("System.Configuration.ConfigurationManager", "4.7.0"))]),
        ("CentralPinned", [Project("<PackageReference Include=\"System.Configuration.ConfigurationManager\" />"), Central("<CentralPackageTransitivePinningEnabled>true</CentralPackageTransitivePinningEnabled>", ("System.Configuration.ConfigurationManager", "4.7.0"), ("System.Drawing.Common", "4.7.0"))]),
        ("CentralOverride", [Project("<PackageReference Include=\"Newtonsoft.Json\" VersionOverride=\"12.0.3\" />"), Central(("Newtonsoft.Json", "13.0.3"))]),
        ("SharedProps", [Project(""), ("Directory.Build.props", $"<Project>\n<ItemGroup>\n{Json}\n{Drawing}\n</ItemGroup>\n</Project>")]),
        ("SharedTargets", [Project(""), ("Directory.Build.targets", $"<Project>\n<ItemGroup>\n{Json}\n</ItemGroup>\n</Project>")]),
        ("Update", [Project("<PackageReference Update=\"Newtonsoft.Json\" Version=\"12.0.3\" />"), ("Directory.Build.props", "<Project>\n<ItemGroup>\n<PackageReference Include=\"Newtonsoft.Json\" />\n</ItemGroup>\n</Project>")]),
        ("ByProject", [Project("<ProjectReference Include=\"Library/Library.csproj\" />", compile: true), ("Library/Library.csproj", Project(Json + "\n" + Configuration).Text)]),
    ];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task At_least_95_of_100_findings_have_file_and_line_and_a_suggestion_that_restores_and_clears()
    {
        AdvisoryDatabase.Write(_folder.Cache, SampleAdvisories.All);
        var projects = Projects;
        foreach (var (name, files) in projects)
        {
            foreach (var (file, text) in files.Select(file => (File: file.File == "" ? $"{name}.csproj" : file.File, file.Text)).Concat(Fences(files)))
                Write($"{name}/{file}", text);
        }

        await RestoreAsync(projects.Select(project => project.Name));
        List<(string Project, JudgedFinding Finding)> all = [];
        foreach (var (name, _) in projects)
            all.AddRange((await JudgeAsync(name)).Select(finding => (name, finding)));
        all.Count.ShouldBeGreaterThan(20);
        all.Select(one => one.Project).Distinct().Count().ShouldBe(projects.Count, "each project has a finding");

        var placed = all.Where(one => one.Finding is { File: not null, Line: > 0, Change: not null }).ToList();
        foreach (var (_, finding) in placed)
            Follow(finding);
        await RestoreAsync(projects.Select(project => project.Name));
        List<(string Project, JudgedFinding Finding)> left = [];
        foreach (var (name, _) in projects)
            left.AddRange((await JudgeAsync(name)).Select(finding => (name, finding)));

        string Describe(IEnumerable<(string Project, JudgedFinding Finding)> findings) => string.Join('\n', findings.Select(one => $"{one.Project}: {one.Finding.Statement} {one.Finding.Advice} {one.Finding.File}({one.Finding.Line})"));
        var cleared = placed.Where(one => !left.Any(other => other.Project == one.Project && other.Finding.Finding.Id == one.Finding.Finding.Id)).ToList();
        var share = 100.0 * cleared.Count / all.Count;
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"corpus: {all.Count} findings in {projects.Count} projects, {placed.Count} with file, line and suggestion, {cleared.Count} cleared by it ({share:0} %)"));
        share.ShouldBeGreaterThanOrEqualTo(95, $"without place or suggestion:\n{Describe(all.Except(placed))}\nnot cleared:\n{Describe(left)}");
    }

    private static (string File, string Text) Project(string items, string properties = "", string condition = "", bool compile = false) => ("", $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <NuGetAudit>false</NuGetAudit>
            {properties}
            {(compile ? "<EnableDefaultCompileItems>false</EnableDefaultCompileItems>" : "")}
          </PropertyGroup>
          <ItemGroup{condition}>
        {items}
          </ItemGroup>
        </Project>
        """);

    private static (string File, string Text) Central(params (string Id, string Version)[] versions) => Central("", versions);

    private static (string File, string Text) Central(string properties, params (string Id, string Version)[] versions) => ("Directory.Packages.props", $"""
        <Project>
          <PropertyGroup>
            <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
            {properties}
          </PropertyGroup>
          <ItemGroup>
        {string.Join('\n', versions.Select(version => $"    <PackageVersion Include=\"{version.Id}\" Version=\"{version.Version}\" />"))}
          </ItemGroup>
        </Project>
        """);

    /// <summary>What lies above the temporary folder is nobody's business.</summary>
    private static IEnumerable<(string File, string Text)> Fences((string File, string Text)[] files) =>
        ((string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"]).Except(files.Select(file => file.File)).Select(name => (name, "<Project />"));

    /// <summary>One restore for all of them.</summary>
    private async Task RestoreAsync(IEnumerable<string> names)
    {
        Write("all.slnx", $"<Solution>{string.Concat(names.Select(name => $"<Project Path=\"{name}/{name}.csproj\" />"))}</Solution>");
        // The machine's own packages: nothing of this is published.
        var run = await CliWrap.Buffered.BufferedCommandExtensions.ExecuteBufferedAsync(
            CliWrap.Cli.Wrap("dotnet").WithArguments(["restore", _folder.File("all.slnx"), "-nodeReuse:false"]).WithWorkingDirectory(_folder.File(".")).WithValidation(CliWrap.CommandResultValidation.None), Cancellation);
        run.ExitCode.ShouldBe(0, run.StandardOutput);
    }

    private async Task<IReadOnlyList<JudgedFinding>> JudgeAsync(string name)
    {
        var request = new ProjectInventoryRequest(_folder.File($"{name}/{name}.csproj"), _folder.File($"{name}/obj/project.assets.json"), "net10.0", name, "1.0.0");
        var inventory = await ProjectInventoryReader.ReadAsync(request, Cancellation);
        var sbom = _folder.File($"{name}.cdx.json");
        await using (var stream = File.Create(sbom))
            CycloneDxWriter.Write(SbomBuilder.BuildInventory(inventory, "1.0.0"), stream);
        var image = Digest.Of("corpus"u8);
        var report = await new SourceScanner(new ToolRunner(), TrivyScannerSpecs.Trivy).ScanSbomAsync(_folder.Request() with { InventoryFile = null }, sbom, image, Cancellation);
        var step = new GateStep(new GatePolicy(SeverityThreshold.Low), new GateContext { Now = Samples.Now }, async () => await AssetsFile.ReadAsync(request, Cancellation), "net10.0");
        var verdict = await step.EvaluateAsync(report, inventory, image);
        return [.. verdict.Findings.Where(one => one.Decision is Decision.Blocks)];
    }

    /// <summary>Does what the advice says, as a person with an editor would.</summary>
    private void Follow(JudgedFinding judged)
    {
        var (file, change) = (judged.File!, judged.Change!);
        var lines = File.ReadAllLines(file).ToList();
        if (change.Kind is ChangeKind.Raise)
        {
            // On the line of the reference, else on one after it (an element), else where the property is set.
            var at = Enumerable.Range(judged.Line - 1, lines.Count - judged.Line + 1).Concat(Enumerable.Range(0, judged.Line)).First(index => lines[index].Contains(change.From, StringComparison.Ordinal) || lines[index].Contains(change.To, StringComparison.Ordinal));
            lines[at] = lines[at].Replace(change.From, change.To, StringComparison.Ordinal);
            File.WriteAllLines(file, lines);
            return;
        }

        change.Kind.ShouldBe(ChangeKind.Pin);
        if (Path.GetFileName(file) != "Directory.Packages.props")
        {
            Insert(file, lines, judged.Line, $"<PackageReference Include=\"{change.Package}\" Version=\"{change.To}\" />");
            return;
        }

        judged.Advice.ShouldContain("CentralPackageTransitivePinningEnabled=true");
        Insert(file, lines, judged.Line, $"<PackageVersion Include=\"{change.Package}\" Version=\"{change.To}\" />");
        File.WriteAllText(file, File.ReadAllText(file).Replace("</PropertyGroup>", "<CentralPackageTransitivePinningEnabled>true</CentralPackageTransitivePinningEnabled></PropertyGroup>", StringComparison.Ordinal));
    }

    private static void Insert(string file, List<string> lines, int after, string line)
    {
        if (!lines.Contains(line))
            lines.Insert(after, line);
        File.WriteAllLines(file, lines);
    }

    private void Write(string name, string text)
    {
        var file = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
