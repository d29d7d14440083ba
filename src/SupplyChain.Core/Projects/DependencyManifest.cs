using System.Text.Json;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Projects;

/// <summary>The application's <c>*.deps.json</c>: which packages still have files after the SDK's conflict resolution.</summary>
internal static class DependencyManifest
{
    /// <summary>Adds <c>id/version</c> of each package that has runtime, native or satellite files.</summary>
    /// <exception cref="DiagnosticException">SCB1501.</exception>
    public static async Task ReadInto(HashSet<string> packages, string path, CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > AssetsFile.MaximumLength })
                throw AssetsFile.Unusable(path, "is too large to be what the SDK wrote");
            using var document = JsonDocument.Parse(JsonBytes.WithoutByteOrderMark(await File.ReadAllBytesAsync(path, cancellationToken)));
            foreach (var target in document.RootElement.GetProperty("targets").EnumerateObject())
            {
                foreach (var library in target.Value.EnumerateObject().Where(HasFiles))
                    packages.Add(library.Name);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw AssetsFile.Unusable(path, "is damaged", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AssetsFile.Unusable(path, $"cannot be read ({e.Message})", e);
        }
    }

    private static bool HasFiles(JsonProperty library) =>
        library.Value.EnumerateObject().Any(group =>
            (group.NameEquals("runtime") || group.NameEquals("native") || group.NameEquals("resources") || group.NameEquals("runtimeTargets"))
            && group.Value.EnumerateObject().Any());
}
