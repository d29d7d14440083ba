using System.Diagnostics;
using System.Globalization;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Reports;
using SupplyChain.Core.Scanning;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks.Reports;

/// <summary>A verdict on so many findings, and every report that there is of it, written once in this process and once again.</summary>
internal sealed class ReportSample(int findings)
{
    private static readonly Digest Image = Digest.Of("image"u8);
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    /// <returns>Milliseconds to judge the findings, to write all reports of them, and to write them again; how many files came of it, and their bytes.</returns>
    public string Measure()
    {
        using var folder = new TestFolder();
        var (inventory, report, policy) = (Inventory(folder.Path), Report(), new GatePolicy(SeverityThreshold.High));
        var waivers = report.Findings.Where((_, index) => index % 20 == 0).Select(finding => new Waiver(finding.Id, WaiverOrigin.Item, new DateOnly(2027, 1, 31), "the parser is not reachable from outside", "team-a"));
        var context = new GateContext { Now = Now, Repository = "contoso/app", Waivers = [.. waivers] };

        var watch = Stopwatch.StartNew();
        var verdict = Gate.Evaluate(report, policy, inventory, Image, context);
        var judged = watch.Elapsed.TotalMilliseconds;
        var input = new ReportInput(report, verdict, policy, inventory, new ImageReference("registry.example.com", "contoso/app").At(Image), folder.Path, Now, "1.0.0");
        // In a GitLab job, which gets two files more than everybody does.
        var files = new ReportFiles(Directory.CreateDirectory(folder.File("reports")).FullName, name => name == "GITLAB_CI" ? "true" : null);
        watch.Restart();
        files.Write(input);
        var first = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        files.Write(input);
        var again = watch.Elapsed.TotalMilliseconds;

        var written = new DirectoryInfo(folder.File("reports")).GetFiles();
        return string.Create(CultureInfo.InvariantCulture, $"{judged:0.0} {first:0.0} {again:0.0} {written.Length} {written.Sum(file => file.Length)}");
    }

    /// <summary>Five findings for each package; every fifth package is the system's.</summary>
    private ScanReport Report()
    {
        var made = Enumerable.Range(0, findings).Select(i =>
        {
            var package = i / 5;
            var system = package % 5 == 0;
            var name = system ? $"libcontoso{package}" : $"Contoso.Package.{package}";
            return new Finding(
                $"CVE-2026-{10000 + i}", (Severity)(1 + (i % 4)), system ? FindingKind.OperatingSystem : FindingKind.NuGet, name, system ? "3.0.11-1" : "1.0.0", i % 3 == 0 ? null : system ? "3.0.11-2" : "1.0.1",
                i % 3 == 0 ? "affected" : "fixed", $"Improper handling of exceptional conditions in {name} leads to a denial of service", $"https://nvd.nist.gov/vuln/detail/CVE-2026-{10000 + i}",
                system ? $"pkg:deb/debian/{name}@3.0.11-1?arch=amd64&distro=debian-12.7" : $"pkg:nuget/{name}@1.0.0", [new FindingPlace("linux/amd64", Digest.Of("layer"u8).ToString(), system ? null : "app/App.deps.json")])
            {
                Published = new DateOnly(2026, 1, 3),
                Score = 7.5,
            };
        });
        return new ScanReport(Image, "Trivy", "0.74.0", Now.AddHours(-6), [.. made.OrderByDescending(finding => finding.Severity).ThenBy(finding => finding.Package, StringComparer.Ordinal)],
            [new ScannedPlatform("linux/amd64", Digest.Of("manifest"u8), new OperatingSystemRelease("debian", "12.7", false), [])]);
    }

    private ProjectInventory Inventory(string folder)
    {
        var project = Path.Combine(folder, "App.csproj");
        var packages = Enumerable.Range(0, (findings / 5) + 1).Select(i =>
            new NuGetPackage($"Contoso.Package.{i}", "1.0.0", i % 10 == 0, [])
            {
                ReferencedAt = new SourceLine(project, 10 + (i / 10)),
                Path = i % 10 == 0 ? [$"Contoso.Package.{i}"] : [$"Contoso.Package.{i / 10 * 10}", $"Contoso.Package.{i}"],
                Files = [$"Contoso.Package.{i}.dll"],
            });
        return new ProjectInventory("App", "1.0.0", project, "net10.0", [.. packages]);
    }
}
