namespace SupplyChain.Core.Scanning;

/// <summary>
/// What Grype inherits: an allow-list as for Trivy (<see cref="TrivyEnvironment"/>), because each of its settings is also a variable (<c>GRYPE_ONLY_FIXED</c>,
/// <c>GRYPE_IGNORE_STATES</c>, …) and must not make the gate see less.
/// </summary>
internal static class GrypeEnvironment
{
    private static readonly string[] Own = ["GRYPE_DB_CACHE_DIR", "GRYPE_DB_CA_CERT", "GRYPE_DB_UPDATE_URL"];

    /// <summary>A scan asks nobody: the database was updated before.</summary>
    public static IReadOnlyDictionary<string, string?> ForScan(IReadOnlyDictionary<string, string> build) => With(TrivyEnvironment.ForScan(build), build);

    public static IReadOnlyDictionary<string, string?> ForDownload(IReadOnlyDictionary<string, string> build) => With(TrivyEnvironment.ForServer(build), build);

    /// <summary>Where Grype keeps its database: <c>GRYPE_DB_CACHE_DIR</c>, else <c>grype/db</c> in the user's cache folder.</summary>
    public static string CacheFolder(IReadOnlyDictionary<string, string> build) => build.GetValueOrDefault("GRYPE_DB_CACHE_DIR") is { Length: > 0 } chosen
        ? Path.GetFullPath(chosen)
        : Path.Combine(Path.GetDirectoryName(TrivyCacheDirectory.Of(build.Where(variable => variable.Key != "TRIVY_CACHE_DIR").ToDictionary()))!, "grype", "db");

    private static Dictionary<string, string?> With(IReadOnlyDictionary<string, string?> changes, IReadOnlyDictionary<string, string> build)
    {
        var environment = changes.Where(change => !change.Key.StartsWith("TRIVY_", StringComparison.Ordinal)).ToDictionary();
        foreach (var name in Own)
        {
            if (build.TryGetValue(name, out var value))
                environment[name] = value;
        }

        // The age is the gate's to judge (SupplyChainMaximumDatabaseAgeDays).
        environment["GRYPE_DB_AUTO_UPDATE"] = environment["GRYPE_DB_VALIDATE_AGE"] = environment["GRYPE_CHECK_FOR_APP_UPDATE"] = "false";
        if (!environment.ContainsKey("GRYPE_DB_CA_CERT") && build.TryGetValue("TRIVY_CACERT", out var authority))
            environment["GRYPE_DB_CA_CERT"] = authority;
        return environment;
    }
}
