using SupplyChain.Core.Projects;
using SupplyChain.Core.Sboms;

namespace SupplyChain.Build;

/// <summary>
/// The application's bill of materials in the publish folder, for as long as the build runs: the image gets it, an ordinary publish into the same
/// folder does not.
/// </summary>
internal sealed class EmbeddedSbom : IDisposable
{
    private readonly string? _file;

    private EmbeddedSbom(string? file, string summary) => (_file, Summary) = (file, summary);

    /// <summary>What was done, for the detailed log.</summary>
    public string Summary { get; }

    /// <param name="date">Of the sources.</param>
    public static EmbeddedSbom Write(ProjectInventory inventory, string directory, DateTimeOffset date)
    {
        var file = Path.Combine(directory, $"{inventory.Name}.cdx.json");
        if (File.Exists(file) && !IsOwn(file))
            return new EmbeddedSbom(null, $"{file} is the project's own; it was left as it is");
        Directory.CreateDirectory(directory);
        using (var stream = File.Create(file))
            CycloneDxWriter.Write(SbomBuilder.BuildInventory(inventory, Package.Version, date), stream);
        return new EmbeddedSbom(file, $"the image gets {file}");
    }

    /// <summary>What a build that was killed has left.</summary>
    private static bool IsOwn(string file)
    {
        using var reader = new StreamReader(file);
        var head = new char[4096];
        return new string(head, 0, reader.ReadBlock(head)).Contains($"\"{SbomBuilder.OwnName}\"", StringComparison.Ordinal);
    }

    public void Dispose()
    {
        try
        {
            if (_file is not null)
                File.Delete(_file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody looks at it. The next publish overwrites it.
        }
    }
}
