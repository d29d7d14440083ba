namespace SupplyChain.Core.Scanning;

/// <summary>
/// What Trivy inherits. An allow-list, for two reasons: every flag of Trivy is also a variable (<c>TRIVY_SEVERITY</c>, <c>TRIVY_IGNORE_UNFIXED</c>,
/// <c>TRIVY_SKIP_FILES</c>, …) and must not make the gate see less; and a scanner has no business with a build's secrets (the releases of
/// CVE-2026-33634 read them from there).
/// </summary>
internal static class TrivyEnvironment
{
    private static readonly string[] Always =
    [
        "PATH", "HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "SystemRoot", "windir", "SystemDrive", "ComSpec", "PATHEXT",
        "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LANG", "LC_ALL", "LC_CTYPE",
        "LD_LIBRARY_PATH", "GOMAXPROCS", "GOMEMLIMIT", "GOGC", "TRIVY_DEBUG", "TRIVY_PARALLEL",
    ];

    private static readonly string[] ForDownloads =
    [
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR",
        "TRIVY_DB_REPOSITORY", "TRIVY_USERNAME", "TRIVY_PASSWORD", "TRIVY_REGISTRY_TOKEN", "TRIVY_INSECURE", "TRIVY_CACERT",
    ];

    private static readonly string[] ForServers = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "TRIVY_CACERT"];

    /// <summary>Changes to the build's environment for a scan, which needs no network. A null value removes the variable.</summary>
    public static IReadOnlyDictionary<string, string?> ForScan(IReadOnlyDictionary<string, string> build) => Keep(build, Always);

    /// <summary>The same where a server is asked: with proxies, and with the server's token and no other credential.</summary>
    public static IReadOnlyDictionary<string, string?> ForScan(IReadOnlyDictionary<string, string> build, TrivyServer? server)
    {
        if (server is null)
            return ForScan(build);
        var changes = ForServer(build);
        changes["TRIVY_TOKEN"] = server.TokenVariable is { } name ? build.GetValueOrDefault(name) : null;
        return changes;
    }

    /// <summary>For whatever is asked over the network without credentials.</summary>
    public static Dictionary<string, string?> ForServer(IReadOnlyDictionary<string, string> build) => Keep(build, [.. Always, .. ForServers]);

    /// <summary>The same for a download of the vulnerability database: with proxies and the registry's credentials.</summary>
    public static IReadOnlyDictionary<string, string?> ForDownload(IReadOnlyDictionary<string, string> build) => Keep(build, [.. Always, .. ForDownloads]);

    /// <summary>For a cluster: its file, and what its images are pulled with.</summary>
    public static IReadOnlyDictionary<string, string?> ForCluster(IReadOnlyDictionary<string, string> build) => Keep(build, [.. Always, .. ForDownloads, "KUBECONFIG"]);

    /// <summary>A switch as Trivy reads it (Go's strconv.ParseBool).</summary>
    public static bool IsOn(IReadOnlyDictionary<string, string> build, string name) =>
        build.TryGetValue(name, out var value) && value is "1" or "t" or "T" or "true" or "TRUE" or "True";

    private static Dictionary<string, string?> Keep(IReadOnlyDictionary<string, string> build, IEnumerable<string> allowed)
    {
        // Proxies stand in lower case as often as in upper case.
        var kept = allowed.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var changes = build.ToDictionary(variable => variable.Key, variable => kept.Contains(variable.Key) ? variable.Value : null);

        // As variables and not as flags: releases that do not know the flag (before 0.63) would refuse it, and asking costs a start.
        changes["TRIVY_SKIP_VERSION_CHECK"] = "true";
        changes["TRIVY_DISABLE_TELEMETRY"] = "true";
        return changes;
    }
}
