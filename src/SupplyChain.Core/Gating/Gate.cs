using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>Decides whether an image may be pushed. A pure function: the same report, policy, inventory and context give the same verdict.</summary>
public static class Gate
{
    /// <param name="image">The digest of the image that is to be pushed.</param>
    /// <exception cref="DiagnosticException">SCB3003: the report is about another image.</exception>
    public static GateVerdict Evaluate(ScanReport report, GatePolicy policy, ProjectInventory inventory, Digest image, GateContext? context = null)
    {
        if (!image.IsSet || report.Image != image)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ScannedOtherImage,
                $"The scan report is about {report.Image}, and the image to push is {image}. Delete the intermediate output folder and publish again, so that this very image is scanned.");
        }

        context ??= new GateContext();
        var judge = new Judge(policy, context, inventory, image);
        var judged = report.Findings.Select(judge.Of).ToList();
        var secrets = report.Secrets.Where(secret => judge.Of(secret) is null).ToList();
        var misconfigurations = report.Misconfigurations.Select(found => judge.Of(found, report.SourceRoot)).ToList();
        var remediation = new Remediation(report, inventory, context, [.. judged.Where(one => one.Decision is Decision.Blocks).Select(one => one.Finding)]);
        judged = judged.ConvertAll(remediation.Complete);

        var blocking = judged.Where(one => one.Decision is Decision.Blocks).ToList();
        List<Diagnostic> diagnostics =
        [
            .. blocking.Select(one => Remediation.AsDiagnostic(one, inventory, report.SourceRoot is not null)),
            .. policy.Threshold is SeverityThreshold.None ? [] : secrets.Select(secret => ImageChecks.Secret(secret, inventory, report.SourceRoot)),
            .. misconfigurations.Where(one => one.Decision is Decision.Blocks).Select(one => one.AsDiagnostic()),
            .. ImageChecks.EndOfLife(report, policy, inventory),
            .. ImageChecks.DatabaseAge(report, policy, context, inventory),
            .. WaiverCheck.Expired(context, judge.Used),
        ];
        var passed = diagnostics.Count == 0;
        if (!passed)
            diagnostics.Add(GateSummary.Conclude(blocking, diagnostics, policy, inventory, context));
        return new GateVerdict(image, passed, diagnostics, GateSummary.Of(judged, secrets.Count, policy, passed))
        {
            Warnings = [.. WaiverCheck.Warnings(context, judge.Used)],
            Findings = judged,
            Secrets = secrets,
            Misconfigurations = misconfigurations,
        };
    }
}
