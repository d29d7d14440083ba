using SupplyChain.Core.Images;

namespace SupplyChain.Core.Scanning;

/// <summary>What to scan, and where to work.</summary>
/// <param name="Image">
/// The image as a layout folder; every platform of it is scanned. It may still be in the making: what needs no image begins at once.
/// </param>
/// <param name="WorkDirectory">Absolute path of the step's own folder in the intermediate output: views of the layout, the cache folder of each run.</param>
/// <param name="OutputDirectory">Absolute path of the folder for the scanner's raw reports.</param>
/// <param name="Environment">
/// All environment variables of the build. The scanner's settings are read from here, and all that it does not need is kept from it.
/// </param>
public sealed record ScanRequest(Task<ImageLayout> Image, string WorkDirectory, string OutputDirectory, IReadOnlyDictionary<string, string> Environment)
{
    public ScanRequest(ImageLayout image, string workDirectory, string outputDirectory, IReadOnlyDictionary<string, string> environment)
        : this(Task.FromResult(image), workDirectory, outputDirectory, environment)
    {
    }

    /// <summary>Absolute path of the CycloneDX file of the project's inventory: it names packages that leave no trace in the image's files (single file, native AOT). Null: none.</summary>
    public string? InventoryFile { get; init; }

    /// <summary>No network: the vulnerability database must be there already.</summary>
    public bool Offline { get; init; }

    /// <summary>The folder of the scanner's vulnerability database; null: where the scanner itself looks (<c>TRIVY_CACHE_DIR</c>, else the user's cache folder).</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>OCI references of the vulnerability database, in the order to try; empty: the scanner's own.</summary>
    public IReadOnlyList<string> DatabaseRepositories { get; init; } = [];

    /// <summary>Reports that may be taken again; null: everything is scanned.</summary>
    internal KeptReports? Kept { get; init; }

    /// <summary>A shared server that has the database; null: this machine has it.</summary>
    internal TrivyServer? Server { get; init; }

    /// <summary>Look for keys, tokens and passwords in the image's files too.</summary>
    public bool Secrets { get; init; }

    /// <summary>For each single run of the scanner, and for the database download.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(10);
}
