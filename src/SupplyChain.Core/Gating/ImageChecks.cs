using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>What can be wrong with an image, or with the scan itself, beside the vulnerabilities of its packages.</summary>
internal static class ImageChecks
{
    public static Diagnostic Secret(SecretFinding secret, ProjectInventory inventory, string? sourceRoot = null)
    {
        if (sourceRoot is not null)
        {
            return new Diagnostic(
                DiagnosticCodes.SecretInSources,
                $"a secret stands here: rule {secret.Rule}{(secret.Title.Length > 0 ? $" ({secret.Title})" : "")}. Whoever can read the repository has it: take it out of the file and its history, give the value at run time, and replace the secret. A false alarm: <SupplyChainWaiver Include=\"{secret.Rule}\" Package=\"{secret.Path}\" Expires=\"…\" Reason=\"…\" />.",
                Path.GetFullPath(secret.Path, sourceRoot),
                secret.Line);
        }

        var line = secret.Line > 0 ? FormattableString.Invariant($", line {secret.Line}") : "";
        var title = secret.Title.Length > 0 ? $" ({secret.Title})" : "";
        return new Diagnostic(
            DiagnosticCodes.SecretInImage,
            $"/{secret.Path.TrimStart('/')}{line} in the image holds a secret: rule {secret.Rule}{title}. Whoever pulls the image can read it: keep the file out of the publish output (<Content Update=\"…\" CopyToPublishDirectory=\"Never\" />), give the value at run time, and replace the secret. A false alarm: <SupplyChainWaiver Include=\"{secret.Rule}\" Package=\"/{secret.Path.TrimStart('/')}\" Expires=\"…\" Reason=\"…\" />.",
            inventory.ProjectFile);
    }

    public static IEnumerable<Diagnostic> EndOfLife(ScanReport report, GatePolicy policy, ProjectInventory inventory) => policy.AllowEndOfLifeBaseImage ? [] : report.Platforms
        .Where(platform => platform.OperatingSystem is { EndOfLife: true })
        .GroupBy(platform => platform.OperatingSystem)
        .Select(group => new Diagnostic(
            DiagnosticCodes.BaseImageEndOfLife,
            $"the base image's distribution {group.Key!.Family} {group.Key.Name} ({string.Join(", ", group.Select(platform => platform.Platform))}) is no longer maintained: nobody fixes or even reports its vulnerabilities. Choose a maintained base image (ContainerBaseImage, ContainerFamily), or accept it with SupplyChainAllowEndOfLifeBaseImage=true.",
            inventory.ProjectFile));

    public static IEnumerable<Diagnostic> DatabaseAge(ScanReport report, GatePolicy policy, GateContext context, ProjectInventory inventory)
    {
        if (policy.MaximumDatabaseAgeDays is not { } days)
            yield break;
        const string Advice = "Let the scanner update it (SupplyChainOffline, TRIVY_SKIP_DB_UPDATE), bring a newer one, or allow more days with SupplyChainMaximumDatabaseAgeDays.";
        if (report.DatabaseUpdatedAt is null && report.Server is { } server)
            yield return new Diagnostic(DiagnosticCodes.DatabaseTooOld, $"the Trivy server {server} does not say how old its vulnerability database is ({server}/version), and {days} days are allowed. Let a proxy before it pass that path on, or run a newer server.", inventory.ProjectFile);
        else if (report.DatabaseUpdatedAt is not { } updated)
            yield return new Diagnostic(DiagnosticCodes.DatabaseTooOld, $"{report.Scanner} does not say how old its vulnerability database is, and {days} days are allowed. {Advice}", inventory.ProjectFile);
        else if (context.Now - updated > TimeSpan.FromDays(days))
        {
            yield return new Diagnostic(
                DiagnosticCodes.DatabaseTooOld,
                FormattableString.Invariant($"the vulnerability database is of {updated.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {(context.Now - updated).TotalDays:0} days old, and {days} are allowed: what was published since then is not in it. {Advice}"),
                inventory.ProjectFile);
        }
    }
}
