using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;

namespace SupplyChain.Core.Publishing;

/// <summary>The properties of the gate.</summary>
internal static class GateSettings
{
    /// <exception cref="DiagnosticException">SCB0103.</exception>
    public static GatePolicy Read(Settings settings) =>
        GatePolicy.Parse(settings.Text("SupplyChainSeverityThreshold"), settings.Boolean("SupplyChainIgnoreUnfixed", false)) with
        {
            FixGracePeriodDays = settings.Number("SupplyChainFixGracePeriodDays", 0),
            MaximumDatabaseAgeDays = settings.Number("SupplyChainMaximumDatabaseAgeDays", 7),
            AllowEndOfLifeBaseImage = settings.Boolean("SupplyChainAllowEndOfLifeBaseImage", false),
        };

    /// <summary>What a project may accept, read before the image is built: a mistake in it is said at once.</summary>
    /// <exception cref="DiagnosticException">SCB3505 a waiver, SCB3509 a VEX document.</exception>
    public static PublishPlan WithExceptions(PublishPlan plan, IEnumerable<WaiverItem> waivers, IEnumerable<(string Include, string File)> suppressions, IEnumerable<string> vexFiles) => plan with
    {
        Waivers = [.. WaiverItems.Read(waivers), .. IgnoreFiles.Read(Path.GetDirectoryName(plan.ProjectFile)!), .. WaiverItems.ReadAuditSuppressions(suppressions)],
        Vex = [.. vexFiles.SelectMany(VexReader.Read)],
    };
}
