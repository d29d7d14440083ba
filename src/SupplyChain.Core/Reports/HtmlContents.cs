using System.Globalization;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Reports;

/// <summary>What the image consists of: packages with licences, layers with what each brought, and the evidence with how to check it by hand.</summary>
internal static class HtmlContents
{
    public static void Write(HtmlText html, ReportInput input)
    {
        Packages(html, input);
        System(html, input);
        Layers(html, input);
        Evidence(html, input);
    }

    private static void Packages(HtmlText html, ReportInput input)
    {
        var packages = input.Inventory.Packages;
        html.Raw("<h2>What is in it</h2>\n<details class=\"card\" id=\"packages\"><summary>").Text(Count(packages.Count, "NuGet package")).Raw("</summary>\n<table class=\"wide\"><thead><tr><th scope=\"col\"><button type=\"button\">Package</button></th><th scope=\"col\">Version</th><th scope=\"col\"><button type=\"button\">Licence</button></th><th scope=\"col\">Brought in by</th></tr></thead><tbody>\n");
        foreach (var package in packages)
        {
            html.Raw("<tr><td><b>").Name(package.Id).Raw("</b></td>").VersionCell("Version", package.Version)
                .Cell("Licence", package.LicenseExpression ?? package.LicenseFile ?? package.LicenseUrl ?? "not stated")
                .NameCell("Brought in by", package.Path.Count > 1 ? string.Join(" → ", package.Path.SkipLast(1)) : "the project").Raw("</tr>\n");
        }

        html.Raw("</tbody></table></details>\n");
    }

    private static void System(HtmlText html, ReportInput input)
    {
        foreach (var platform in input.Report.Platforms.Where(platform => platform.Packages.Count > 0))
        {
            html.Raw("<details class=\"card\"><summary>").Text($"{Count(platform.Packages.Count, "package")} of {platform.OperatingSystem?.Family ?? "the base image"} {platform.OperatingSystem?.Name}, {platform.Platform}")
                .Raw("</summary>\n<table class=\"wide\"><thead><tr><th scope=\"col\"><button type=\"button\">Package</button></th><th scope=\"col\">Version</th><th scope=\"col\"><button type=\"button\">Licence</button></th></tr></thead><tbody>\n");
            foreach (var package in platform.Packages)
                html.Raw("<tr><td><b>").Name(package.Name).Raw("</b></td>").VersionCell("Version", package.Version).Cell("Licence", package.Licenses.Count > 0 ? string.Join(", ", package.Licenses) : "not stated").Raw("</tr>\n");
            html.Raw("</tbody></table></details>\n");
        }
    }

    private static void Layers(HtmlText html, ReportInput input)
    {
        if (input.Layout is not { } layout)
            return;
        foreach (var image in layout.Platforms)
        {
            var scanned = input.Report.Platforms.FirstOrDefault(platform => platform.Manifest == image.Manifest.Digest);
            html.Raw("<details class=\"card\"><summary>").Text($"{Count(image.Layers.Count, "layer")}, {image.Platform}").Raw("</summary>\n<table class=\"wide\"><thead><tr><th scope=\"col\">Layer</th><th scope=\"col\" class=\"num\">Size</th><th scope=\"col\">Brought</th></tr></thead><tbody>\n");
            foreach (var layer in image.Layers)
            {
                var digest = layer.Digest.ToString();
                var system = scanned?.Packages.Count(package => package.LayerDigest == digest) ?? 0;
                var libraries = scanned?.Libraries.Count(package => package.LayerDigest == digest) ?? 0;
                string?[] brought = [system > 0 ? $"{Count(system, "package")} of the system" : null, libraries > 0 ? Count(libraries, "library package") : null];
                html.Raw("<tr><td class=\"mono\">").Version(digest).Raw("</td>").Cell("Size", Size(layer.Size), " class=\"num\"").Cell("Brought", string.Join(", ", brought.OfType<string>()) is { Length: > 0 } text ? text : "no package").Raw("</tr>\n");
            }

            html.Raw("</tbody></table></details>\n");
        }
    }

    private static void Evidence(HtmlText html, ReportInput input)
    {
        html.Raw("<h2>Evidence</h2>\n<div id=\"evidence\">");
        if (input.Evidence.Count > 0)
        {
            html.Raw("<table class=\"wide\"><thead><tr><th scope=\"col\">File</th><th scope=\"col\">SHA-256</th></tr></thead><tbody>\n");
            foreach (var (name, content) in input.Evidence)
                html.Raw("<tr><td>").Text(name).Raw("</td>").VersionCell("SHA-256", content.ToString()).Raw("</tr>\n");
            html.Raw("</tbody></table>\n");
        }

        if (!input.Verdict.Passed)
            html.Raw("<p>Nothing was pushed, signed or tagged.</p></div>\n");
        else if (input.Image.Registry is null)
            html.Raw("<p>The image lies in the OCI layout folder <code>image/</code> beside this file.</p></div>\n");
        else
        {
            html.Raw("<p>What a signed image carries can be checked by anyone, with a key (<code>--key cosign.pub</code>) or an identity:</p>\n<pre class=\"card\">");
            foreach (var command in (string[])["cosign verify --key cosign.pub", "cosign verify-attestation --key cosign.pub --type https://cyclonedx.org/bom"])
                html.Text($"{command} {input.Image}\n");
            html.Raw("</pre></div>\n");
        }
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : string.Create(CultureInfo.InvariantCulture, $"{count} {noun}s");

    private static string Size(long bytes) => bytes < 1_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, bytes / 1000)} KB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000.0:0.0} MB");
}
