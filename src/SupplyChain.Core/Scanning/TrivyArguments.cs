using System.Globalization;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// Trivy's command lines. Everything is reported and nothing is filtered, because the gate decides: settings that hide findings are given with their
/// harmless value, whatever a trivy.yaml, a .trivyignore or the environment says. Every flag here is known to 0.57 and later.
/// </summary>
/// <param name="EmptyFile">Absolute path of an empty file: the configuration and the ignore file.</param>
/// <param name="EmptyFolder">Absolute path of a folder without WASM modules; a module may change or delete findings.</param>
/// <param name="TimeLimit">Trivy's own limit (5 minutes unless told) must not be the shorter one.</param>
/// <param name="Server">Decides in this machine's place. Its token goes by the environment.</param>
/// <param name="Secrets">Look for secrets in the files and in the configuration of an image too.</param>
internal sealed record TrivyArguments(string EmptyFile, string EmptyFolder, TimeSpan TimeLimit, bool Secrets = false, TrivyServer? Server = null)
{
    /// <summary>Scans the one image of a layout folder.</summary>
    public IReadOnlyList<string> ForLayout(string folder, string report, TrivyCacheChoice cache) =>
        ["image", "--input", folder, "--module-dir", EmptyFolder, .. (string[])(Secrets ? ["--image-config-scanners", "secret"] : []), .. Scan(report, cache, Secrets)];

    /// <summary>Matches the packages that a CycloneDX file names.</summary>
    public IReadOnlyList<string> ForInventory(string file, string report, TrivyCacheChoice cache) =>
        ["sbom", .. Scan(report, cache, secrets: false), file];

    /// <summary>Looks for lock files and secrets in a folder.</summary>
    public IReadOnlyList<string> ForFolder(string folder, string report, TrivyCacheChoice cache, IEnumerable<string> skipped) =>
        ["fs", "--module-dir", EmptyFolder, .. Scan(report, cache, secrets: true), .. skipped.SelectMany(pattern => (string[])["--skip-dirs", pattern]), folder];

    /// <summary>Checks configuration files in a folder, by the checks that this Trivy brings along: the same ones tomorrow.</summary>
    public IReadOnlyList<string> ForConfiguration(string folder, string report, TrivyCacheChoice cache, IEnumerable<string> skipped) =>
    [
        "config", "--module-dir", EmptyFolder, "--format", "json", "--output", report, "--severity", Severities, "--exit-code", "0", "--config", EmptyFile, "--ignorefile", EmptyFile,
        "--cache-dir", cache.Directory, "--skip-check-update", "--timeout", Seconds, .. skipped.SelectMany(pattern => (string[])["--skip-dirs", pattern]), folder,
    ];

    /// <summary>Reads a cluster; the node collector, a job on each node, is left out.</summary>
    public IReadOnlyList<string> ForCluster(ClusterTarget target, string report, string cacheFolder) =>
    [
        "k8s", "--report", target.Report is ClusterReport.All ? "all" : "summary", "--format", "json", "--output", report, "--scanners", "vuln,misconfig,secret,rbac",
        "--severity", Severities, "--ignore-unfixed=false", "--exit-code", "0", "--config", EmptyFile, "--ignorefile", EmptyFile,
        "--cache-dir", cacheFolder, "--skip-db-update", "--skip-java-db-update", "--skip-check-update", "--offline-scan", "--disable-node-collector", "--no-progress", "--timeout", Seconds,
        .. target.Namespaces.SelectMany(name => (string[])["--include-namespaces", name]), .. (string[])(target.Context is { } context ? ["--", context] : []),
    ];

    /// <summary>Downloads the vulnerability database into an empty cache folder.</summary>
    public IReadOnlyList<string> ForDatabase(string cacheFolder, IEnumerable<string> repositories) =>
        ["image", "--download-db-only", "--cache-dir", cacheFolder, "--config", EmptyFile, "--no-progress", "--timeout", Seconds,
            .. repositories.SelectMany(repository => (string[])["--db-repository", repository])];

    // Not --quiet: it silences the error that says why a scan failed.
    private string[] Scan(string report, TrivyCacheChoice cache, bool secrets) =>
    [
        "--scanners", secrets ? "vuln,secret" : "vuln",
        "--format", "json", "--output", report, "--list-all-pkgs",
        "--severity", Severities, "--ignore-unfixed=false", "--pkg-types", "os,library", "--exit-code", "0",
        "--config", EmptyFile, "--ignorefile", EmptyFile,
        "--cache-dir", cache.Directory, .. (string[])(cache.InMemory ? ["--cache-backend", "memory"] : ["--cache-backend", "fs"]),
        .. (string[])(Server is null ? [] : ["--server", Server.Address]),
        "--skip-db-update", "--skip-java-db-update", "--offline-scan",
        "--no-progress", "--timeout", Seconds,
    ];

    private const string Severities = "UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL";

    private string Seconds => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(TimeLimit.TotalSeconds)}s");
}

/// <summary>The cache folder of one run, and whether what it learns about layers is kept in it.</summary>
internal sealed record TrivyCacheChoice(string Directory, bool InMemory);
