using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Tools;

/// <summary>One SupplyChainToolPin item, as the project has it; empty metadata are null.</summary>
/// <param name="Platform">linux-x64, …; needed with <paramref name="Sha256"/>.</param>
internal sealed record OwnPin(string Tool, string? Version, string? Platform, string? Sha256);

/// <summary>The releases that an organisation chooses itself. A pin is a pin: nothing else is then searched for on PATH.</summary>
internal static class OwnPins
{
    private static readonly string[] Tools = ["trivy", "cosign", "grype"];

    /// <param name="items">Each <c>tool|version|platform|sha256</c>: how the targets hand items over.</param>
    /// <exception cref="DiagnosticException">SCB7010.</exception>
    public static IReadOnlyList<OwnPin> Parse(IEnumerable<string> items) => [.. items.Select(Parse)];

    /// <summary>Null: the user has no pin for this tool.</summary>
    /// <exception cref="DiagnosticException">SCB7010: the pins do not say which file this platform gets.</exception>
    public static ToolRelease? Choose(IReadOnlyList<OwnPin> pins, string tool, string platform)
    {
        var own = pins.Where(pin => pin.Tool == tool).ToList();
        if (own.Count == 0)
            return null;
        var fitting = own.Where(pin => pin.Platform is null || pin.Platform == platform).ToList();
        if (fitting.Count != 1)
        {
            throw Invalid(fitting.Count == 0
                ? $"the SupplyChainToolPin items for {tool} have none for this machine, which is {platform}. Add one with Platform=\"{platform}\" and the Sha256 of {tool}'s file for it."
                : $"{fitting.Count} SupplyChainToolPin items for {tool} fit this machine ({platform}). Keep one for each platform.");
        }

        var chosen = fitting[0];
        return chosen.Sha256 is { } sha256
            ? new ToolRelease(tool, chosen.Version!, platform, ReleaseNames.Path(tool, chosen.Version!, platform), sha256, "SupplyChainToolPin")
            : ToolPins.All.Single(known => known.Tool == tool && known.Version == chosen.Version).For(platform);
    }

    private static OwnPin Parse(string item)
    {
        var parts = item.Split('|').Select(part => part.Trim()).Select(part => part.Length == 0 ? null : part).ToArray();
        if (parts.Length != 4)
            throw Invalid($"the SupplyChainToolPin item '{SingleLine.Of(item, 200)}' cannot be read. Its metadata must not have a '|' in them.");
        var pin = new OwnPin(parts[0]!.ToLowerInvariant(), parts[1]?.TrimStart('v'), parts[2]?.ToLowerInvariant(), parts[3]?.ToLowerInvariant());
        Check(pin);
        return pin;
    }

    private static void Check(OwnPin pin)
    {
        var name = $"the SupplyChainToolPin for '{SingleLine.Of(pin.Tool, 100)}'";
        if (!Tools.Contains(pin.Tool))
            throw Invalid($"{name}: there is no such tool. Valid values of Include: {string.Join(", ", Tools)}.");
        if (!Version.TryParse(pin.Version, out _))
            throw Invalid($"{name}: its Version is '{SingleLine.Of(pin.Version, 100)}'. Give the version of the release, for example Version=\"{ToolPins.All.First(known => known.Tool == pin.Tool).Version}\".");
        if (pin.Sha256 is null)
            CheckKnown(pin, name);
        else if (pin.Sha256.Length != 64 || !pin.Sha256.All(char.IsAsciiHexDigitLower))
            throw Invalid($"{name}: its Sha256 is '{SingleLine.Of(pin.Sha256, 100)}'. Valid values: 64 hexadecimal digits, the SHA-256 of the file of the release.");
        else if (pin.Platform is null || !ToolPlatform.All.Contains(pin.Platform))
            throw Invalid($"{name}: its Platform is '{SingleLine.Of(pin.Platform, 100)}'. Valid values: {string.Join(", ", ToolPlatform.All)}.");
        DeniedTools.Refuse(pin.Tool, pin.Version, pin.Sha256 ?? "", name);
    }

    private static void CheckKnown(OwnPin pin, string name)
    {
        var known = ToolPins.All.Where(version => version.Tool == pin.Tool).Select(version => version.Version).ToList();
        if (!known.Contains(pin.Version!))
            throw Invalid($"{name}: SupplyChain.Build has no hashes for version {SingleLine.Of(pin.Version, 100)}. Give Platform and Sha256, or one of the versions it knows: {string.Join(", ", known)}.");
    }

    private static DiagnosticException Invalid(string message) => new(DiagnosticCodes.ToolPinUnusable, message);
}
