using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Reports;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tests.Gating;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Reports;

/// <summary>The HTML report as headless Chromium shows it: pictures, and the DOM after its script has run.</summary>
[Trait("Category", "Slow")]
public sealed class HtmlScreenshotSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>Run with SUPPLYCHAIN_UPDATE_SCREENSHOTS=true to write docs/report.png and docs/report-phone.png anew.</summary>
    [Fact]
    public async Task It_fits_a_desktop_and_a_phone_in_light_and_dark_and_breaks_no_name_inside_a_word()
    {
        var file = _folder.File("report.html");
        // What the page itself measures is added to a copy: columns that are too narrow for a word, and what runs out of the window.
        var html = HtmlReport.Write(Sample());
        File.WriteAllText(file, html);
        const string Measure = """
            <script>addEventListener('load',function(){
            var wide=[].filter.call(document.querySelectorAll('body *'),function(e){return e.getBoundingClientRect().right>document.documentElement.clientWidth+1&&getComputedStyle(e).position!=='absolute';});
            var split=[].filter.call(document.querySelectorAll('#findings td b'),function(b){
              var t=b.firstChild;while(t){if(t.nodeType===3&&t.length>1){var r=document.createRange();r.selectNodeContents(t);if(r.getClientRects().length>1)return true;}t=t.nextSibling;}return false;});
            document.body.dataset.wide=wide.length?wide[0].outerHTML.slice(0,200):'none';document.body.dataset.split=split.map(function(b){return b.textContent;}).join(',')||'none';
            document.body.dataset.shown=document.getElementById('shown').textContent;});</script>
            """;
        // The page's own policy allows scripts inside the file and nothing from elsewhere.
        File.WriteAllText(_folder.File("measured.html"), html.Replace("</body>", Measure + "</body>", StringComparison.Ordinal));

        foreach (var (name, width, height, dark) in new[] { ("report.png", 1200, 1400, false), ("report-dark.png", 1200, 1400, true), ("report-phone.png", 390, 1800, false) })
        {
            var dom = await ChromiumAsync(width, height, dark, "--dump-dom", _folder.File("measured.html"));
            dom.ShouldContain("data-wide=\"none\"", customMessage: $"{name}: something runs out of the window");
            dom.ShouldContain("data-split=\"none\"", customMessage: $"{name}: a name is broken inside a word");
            dom.ShouldContain("data-shown=\"6 of 6\"", customMessage: "the script counts what is shown");
            var picture = _folder.File(name);
            await ChromiumAsync(width, height, dark, $"--screenshot={picture}", file);
            new FileInfo(picture).Length.ShouldBeGreaterThan(20_000, "an empty page is small");
            if (Environment.GetEnvironmentVariable("SUPPLYCHAIN_UPDATE_SCREENSHOTS") == "true")
                File.Copy(picture, Path.Combine(Toolchain.RepositoryRoot, "docs", name), overwrite: true);
        }
    }

    private async Task<string> ChromiumAsync(int width, int height, bool dark, string what, string file)
    {
        string[] flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking", "--no-first-run", $"--user-data-dir={_folder.File("profile")}", $"--window-size={width},{height}"];
        var invocation = new ToolInvocation(
            new Tool("chromium", Toolchain.Require("chromium"), "the toolchain"),
            [.. flags, .. (string[])(dark ? ["--force-dark-mode", "--enable-features=WebContentsForceDark:inversion_method/none"] : []), what, new Uri(file).AbsoluteUri])
        {
            TimeLimit = TimeSpan.FromMinutes(1),
        };
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var result = await new ToolRunner().RunAsync(invocation, Cancellation);
                result.ExitCode.ShouldBe(0, result.StandardError);
                return result.StandardOutput;
            }
            catch (DiagnosticException e) when (e.Diagnostic.Code == DiagnosticCodes.ToolTimedOut && attempt < 3)
            {
                // A headless Chromium hangs at times, before it has drawn anything or after it is done. That is no fault of the page.
            }
        }
    }

    /// <summary>What a stopped publish looks like, with names as long as real ones are.</summary>
    private static ReportInput Sample()
    {
        var project = Samples.Inventory with
        {
            Name = "HelloApi",
            ProjectFile = "/src/HelloApi/HelloApi.csproj",
            Packages =
            [
                new NuGetPackage("Newtonsoft.Json", "12.0.3", true, []) { ReferencedAt = new SourceLine("/src/HelloApi/HelloApi.csproj", 14), Path = ["Newtonsoft.Json"], LicenseExpression = "MIT", Files = ["Newtonsoft.Json.dll"] },
                new NuGetPackage("System.Drawing.Common", "4.7.0", false, []) { ReferencedAt = new SourceLine("/src/HelloApi/HelloApi.csproj", 15), Path = ["System.Configuration.ConfigurationManager", "System.Security.Permissions", "System.Windows.Extensions", "System.Drawing.Common"], LicenseExpression = "MIT", Files = ["System.Drawing.Common.dll"] },
                new NuGetPackage("System.Configuration.ConfigurationManager", "4.7.0", true, []) { ReferencedAt = new SourceLine("/src/HelloApi/HelloApi.csproj", 15), Path = ["System.Configuration.ConfigurationManager"], LicenseExpression = "MIT", Files = ["System.Configuration.ConfigurationManager.dll"] },
                new NuGetPackage("Microsoft.Extensions.DependencyInjection.Abstractions", "10.0.0", true, []) { ReferencedAt = new SourceLine("/src/HelloApi/HelloApi.csproj", 16), Path = ["Microsoft.Extensions.DependencyInjection.Abstractions"], LicenseExpression = "MIT", Files = ["Microsoft.Extensions.DependencyInjection.Abstractions.dll"] },
            ],
        };
        Finding[] findings =
        [
            Samples.Json with { Id = "CVE-2021-24112", Severity = Severity.Critical, Package = "System.Drawing.Common", Version = "4.7.0", FixedVersion = "4.7.2, 5.0.3", Purl = "pkg:nuget/System.Drawing.Common@4.7.0", Title = ".NET Core Remote Code Execution Vulnerability", Score = 9.8, Aliases = ["GHSA-rxg9-xrhp-64gj"] },
            Samples.Zlib with { Title = "zlib: integer overflow and resultant heap-based buffer overflow in zipOpenNewFileInZip4_6", Score = 9.8 },
            Samples.Json with { Title = "Improper Handling of Exceptional Conditions in Newtonsoft.Json" },
            Samples.Zlib with { Id = "CVE-2026-42497", Severity = Severity.High, Package = "perl-modules-5.36", Version = "5.36.0-7+deb12u3", FixedVersion = "5.36.0-7+deb12u4", Status = "fixed", Title = "perl-Archive-Tar: Arbitrary file write via hard links", Purl = "pkg:deb/debian/perl-modules-5.36@5.36.0-7%2Bdeb12u3?arch=all&distro=debian-12" },
            Samples.Zlib with { Id = "CVE-2025-69720", Severity = Severity.High, Package = "libtinfo6", Version = "6.4-4", Status = "affected", Title = "ncurses: Buffer overflow vulnerability", Purl = "pkg:deb/debian/libtinfo6@6.4-4?arch=amd64&distro=debian-12" },
            Samples.Zlib with { Id = "CVE-2019-1010022", Severity = Severity.Low, Package = "libc6", Version = "2.36-9+deb12u10", Status = "affected", Title = "glibc: stack guard protection bypass", Purl = "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12" },
        ];
        var context = new GateContext { Now = Samples.Now, Waivers = [new Waiver("CVE-2025-69720", WaiverOrigin.Item, new DateOnly(2027, 1, 31), "no terminal in the image", "team-a")] };
        var report = Samples.Report(findings) with { DatabaseDigest = Digest.Of("db"u8) };
        var policy = new GatePolicy(SeverityThreshold.High);
        var verdict = Gate.Evaluate(report, policy, project, Samples.Image, context);
        return new ReportInput(report, verdict, policy, project, new ImageReference("registry.example.com", "shop/hello-api").At(Samples.Image), "/src", Samples.Now, "0.1.0") { Evidence = [("sbom.cdx.json", Digest.Of("sbom"u8)), ("provenance.json", Digest.Of("provenance"u8))] };
    }
}
