using System.Runtime.InteropServices;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Tools;

/// <summary>
/// Finds a tool: by its property, on PATH, in the tools folder; in this order. What is nowhere is the pinned release, to be installed before its
/// first run. The current directory is never searched, and a relative entry of PATH is ignored: a repository must not bring the program that
/// judges it.
/// </summary>
public sealed class ToolLocator(IMachine machine, Architecture? architecture = null)
{
    /// <summary>Looks, and starts or installs nothing.</summary>
    /// <exception cref="DiagnosticException">
    /// SCB7001: the property names a file that is not there, or the tool is nowhere and cannot be installed. SCB7010: the user's pins do not fit this machine.
    /// </exception>
    public Tool Find(string name, ToolSettings settings)
    {
        var known = KnownTool.Of(name);
        if (settings.Paths.TryGetValue(name, out var given) && !string.IsNullOrWhiteSpace(given))
            return FindGiven(known, Path.GetFullPath(given, settings.BaseDirectory));
        var toolsFolder = ToolsFolder(settings);
        var platform = ToolPlatform.Of(machine, architecture ?? RuntimeInformation.OSArchitecture);
        if (platform is not null && OwnPins.Choose(settings.Pins, name, platform) is { } own)
            return Pinned(own, toolsFolder, settings) ?? throw Missing(known, $"{own.DisplayName}, which SupplyChainToolPin asks for, is not in {toolsFolder}", settings.CannotInstall, isOwnPin: true);
        return FindOnPath(name)
            ?? FindInTools(name, toolsFolder)
            ?? (platform is not null && ToolPins.Default(name, platform) is { } release ? Pinned(release, toolsFolder, settings) : null)
            ?? throw Missing(known, $"{name} is not on PATH and not in {toolsFolder}", settings.CannotInstall ?? $"there is no official release for {RuntimeInformation.RuntimeIdentifier}");
    }

    /// <summary>The pinned release, whatever else is on this machine.</summary>
    /// <exception cref="DiagnosticException">SCB7001, SCB7010.</exception>
    internal Tool FindRelease(string name, ToolSettings settings)
    {
        var platform = ToolPlatform.Of(machine, architecture ?? RuntimeInformation.OSArchitecture);
        var release = platform is null ? null : OwnPins.Choose(settings.Pins, name, platform) ?? ToolPins.Default(name, platform);
        return (release is null ? null : Pinned(release, ToolsFolder(settings), settings))
            ?? throw Missing(KnownTool.Of(name), $"the pinned release of {name} is not in {ToolsFolder(settings)}", settings.CannotInstall ?? $"there is no official release for {RuntimeInformation.RuntimeIdentifier}");
    }

    /// <summary>Where this release is, or will be; null when it is not there and may not be installed.</summary>
    private Tool? Pinned(ToolRelease release, string toolsFolder, ToolSettings settings)
    {
        var path = new ToolCache(toolsFolder).Program(release);
        return settings.CannotInstall is null || machine.IsExecutable(path) ? new Tool(release.Tool, path, "pinned release") { Release = release } : null;
    }

    /// <param name="isOwnPin">Then a program that a package manager installs would not be used.</param>
    private DiagnosticException Missing(KnownTool known, string what, string? why, bool isOwnPin = false) => new(
        DiagnosticCodes.ToolMissing,
        $"{what}, and it cannot be installed: {why}. {(isOwnPin ? "Install it ahead (dotnet build -t:SupplyChainInstallTools)" : known.HowToGet(machine))}, name a bundle in SupplyChainAirGapBundle, or set {known.Property} to the program.");

    private Tool FindGiven(KnownTool known, string path)
    {
        if (machine.IsExecutable(path))
            return new Tool(known.Name, path, known.Property);
        throw new DiagnosticException(
            DiagnosticCodes.ToolMissing,
            machine.DirectoryExists(path)
                ? $"{known.Property} is '{path}', which is a folder. Give the path of the program itself, for example '{Path.Combine(path, FileName(known.Name))}'."
                : machine.FileExists(path)
                    ? $"{known.Property} is '{path}', which is not executable. Run chmod +x on it, or give another path."
                    : $"{known.Property} is '{path}', and there is no such file. Correct the path, or leave the property out to search PATH and the tools folder.");
    }

    /// <summary>For programs that are used where they happen to be (docker, podman); null when there is none.</summary>
    internal Tool? FindOnPath(string name)
    {
        foreach (var entry in (machine.Variable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var folder = entry.Trim('"');
            if (!Path.IsPathFullyQualified(folder))
                continue;
            var path = Path.Combine(folder, FileName(name));
            if (machine.IsExecutable(path))
                return new Tool(name, path, "PATH");
        }
        return null;
    }

    /// <summary><c>tools/NAME</c>, or <c>tools/NAME-VERSION/NAME</c>: the highest version.</summary>
    private Tool? FindInTools(string name, string folder)
    {
        var candidates = machine.Directories(folder, name + "-*")
            .OrderByDescending(path => ParseVersion(Path.GetFileName(path)[(name.Length + 1)..]))
            .ThenByDescending(path => path, StringComparer.Ordinal)
            .Select(path => Path.Combine(path, FileName(name)))
            .Prepend(Path.Combine(folder, FileName(name)));
        return candidates.FirstOrDefault(machine.IsExecutable) is { } found ? new Tool(name, found, "SupplyChainToolsPath") : null;
    }

    /// <summary>Absolute; it need not exist.</summary>
    public string ToolsFolder(ToolSettings settings) => string.IsNullOrWhiteSpace(settings.ToolsPath)
        ? UserCache.Folder(machine, "tools")
        : Path.GetFullPath(settings.ToolsPath, settings.BaseDirectory);

    private string FileName(string name) => machine.IsWindows ? name + ".exe" : name;

    private static Version ParseVersion(string text) => Version.TryParse(text.TrimStart('v').Split('-', '+')[0], out var version) ? version : new Version(0, 0);
}
