using System.Text.Json;

namespace SupplyChain.Core.Projects;

/// <summary>The application's <c>.runtimeconfig.json</c>: which shared frameworks it needs. What cannot be read names none: the build itself wrote it.</summary>
internal static class RuntimeConfiguration
{
    private const long MaximumLength = 1024 * 1024;

    public static IReadOnlyList<SharedFramework> Frameworks(string? path)
    {
        try
        {
            if (path is null || new FileInfo(path) is not { Exists: true, Length: <= MaximumLength })
                return [];
            using var document = JsonDocument.Parse(JsonBytes.WithoutByteOrderMark(File.ReadAllBytes(path)));
            var options = document.RootElement.GetProperty("runtimeOptions");
            var found = new List<SharedFramework>();
            if (options.TryGetProperty("framework", out var one))
                found.Add(Framework(one));
            if (options.TryGetProperty("frameworks", out var several))
                found.AddRange(several.EnumerateArray().Select(Framework));
            return [.. found.DistinctBy(framework => framework.Name, StringComparer.Ordinal).OrderBy(framework => framework.Name, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static SharedFramework Framework(JsonElement element) => new(element.GetProperty("name").GetString() ?? "", element.GetProperty("version").GetString() ?? "");
}
