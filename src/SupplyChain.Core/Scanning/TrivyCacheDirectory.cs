namespace SupplyChain.Core.Scanning;

/// <summary>Where Trivy keeps its vulnerability database on this machine.</summary>
internal static class TrivyCacheDirectory
{
    /// <summary>The request's own choice, else <c>TRIVY_CACHE_DIR</c>, else <c>trivy</c> in the user's cache folder (Go's os.UserCacheDir). Absolute.</summary>
    public static string Of(ScanRequest request)
    {
        if (!string.IsNullOrEmpty(request.CacheDirectory))
            return Path.GetFullPath(request.CacheDirectory);
        if (Read(request, "TRIVY_CACHE_DIR") is { } chosen)
            return Path.GetFullPath(chosen);
        return Path.Combine(UserCache(request) ?? Path.GetTempPath(), "trivy");
    }

    private static string? UserCache(ScanRequest request)
    {
        if (OperatingSystem.IsWindows())
            return Read(request, "LOCALAPPDATA");
        if (OperatingSystem.IsMacOS())
            return Read(request, "HOME") is { } macHome ? Path.Combine(macHome, "Library", "Caches") : null;
        return Read(request, "XDG_CACHE_HOME") ?? (Read(request, "HOME") is { } home ? Path.Combine(home, ".cache") : null);
    }

    private static string? Read(ScanRequest request, string name) =>
        request.Environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
}
