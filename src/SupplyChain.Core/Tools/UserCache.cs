namespace SupplyChain.Core.Tools;

/// <summary>Where this package keeps what can be fetched or made again, for all projects of this user.</summary>
internal static class UserCache
{
    /// <param name="name">What is kept: <c>tools</c>, <c>blobs</c>.</param>
    /// <returns>Absolute; it need not exist.</returns>
    public static string Folder(IMachine machine, string name) => Path.Combine(Of(machine), "supplychain-build", name);

    /// <summary>Of all of this user's programs (XDG base directory specification, and its counterparts on macOS and Windows).</summary>
    private static string Of(IMachine machine)
    {
        if (machine.IsWindows)
            return machine.Variable("LOCALAPPDATA") is { Length: > 0 } local ? local : Path.Combine(machine.HomeFolder, "AppData", "Local");
        if (machine.Variable("XDG_CACHE_HOME") is { } given && Path.IsPathFullyQualified(given))
            return given;
        return machine.IsMacOS ? Path.Combine(machine.HomeFolder, "Library", "Caches") : Path.Combine(machine.HomeFolder, ".cache");
    }
}
