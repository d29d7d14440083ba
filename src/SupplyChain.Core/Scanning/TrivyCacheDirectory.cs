namespace SupplyChain.Core.Scanning;

/// <summary>Where Trivy keeps its vulnerability database on this machine.</summary>
internal static class TrivyCacheDirectory
{
    /// <summary>The request's own choice, else <c>TRIVY_CACHE_DIR</c>, else <c>trivy</c> in the user's cache folder (Go's os.UserCacheDir). Absolute.</summary>
    public static string Of(ScanRequest request) =>
        string.IsNullOrEmpty(request.CacheDirectory) ? Of(request.Environment) : Path.GetFullPath(request.CacheDirectory);

    /// <summary>The same where no request names a folder.</summary>
    public static string Of(IReadOnlyDictionary<string, string> environment) => Read(environment, "TRIVY_CACHE_DIR") is { } chosen
        ? Path.GetFullPath(chosen)
        : Path.Combine(UserCache(environment) ?? Path.GetTempPath(), "trivy");

    private static string? UserCache(IReadOnlyDictionary<string, string> environment)
    {
        if (OperatingSystem.IsWindows())
            return Read(environment, "LOCALAPPDATA");
        if (OperatingSystem.IsMacOS())
            return Read(environment, "HOME") is { } macHome ? Path.Combine(macHome, "Library", "Caches") : null;
        return Read(environment, "XDG_CACHE_HOME") ?? (Read(environment, "HOME") is { } home ? Path.Combine(home, ".cache") : null);
    }

    private static string? Read(IReadOnlyDictionary<string, string> environment, string name) =>
        environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
}
