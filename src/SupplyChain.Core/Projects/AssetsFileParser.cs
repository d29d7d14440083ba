using System.Text.Json;

namespace SupplyChain.Core.Projects;

/// <summary>Takes one target framework out of an assets file. Wrong kinds of values end as InvalidOperationException, which the caller turns into SCB1501.</summary>
internal static class AssetsFileParser
{
    public static AssetsFile Parse(JsonElement root, ProjectInventoryRequest request)
    {
        var framework = Framework(root, request.TargetFramework);
        var targets = Targets(root, request, framework.Names);
        return new AssetsFile(
            PropertyNames(Property(root, "packageFolders")),
            targets,
            Locations(root),
            Direct(root, framework.Names, framework.Element),
            Pinned(root, framework.Names))
        {
            Downloads = Downloads(framework.Element),
            ProjectReferences = ProjectReferences(root, framework.Names),
            SuppliedByFramework = framework.Element is { } element && element.TryGetProperty("packagesToPrune", out var pruned)
                ? PropertyNames(pruned).ToHashSet(StringComparer.OrdinalIgnoreCase) : new HashSet<string>(),
        };
    }

    /// <summary>Everything that the framework may be called in this file: keys are the short name, the alias of the project file, or the full name of old NuGet versions.</summary>
    private static (IReadOnlyList<string> Names, JsonElement? Element) Framework(JsonElement root, string targetFramework)
    {
        var frameworks = Property(Property(root, "project"), "frameworks");
        foreach (var candidate in frameworks.EnumerateObject())
        {
            var alias = Text(candidate.Value, "targetAlias");
            var framework = Text(candidate.Value, "framework");
            if (Same(candidate.Name, targetFramework) || Same(alias, targetFramework) || Same(framework, targetFramework))
                return (Names(targetFramework, candidate.Name, alias, framework), candidate.Value);
        }

        return (Names(targetFramework), null);
    }

    private static IReadOnlyList<string> Names(params ReadOnlySpan<string?> candidates)
    {
        var names = new List<string>();
        foreach (var name in candidates)
        {
            if (name is null)
                continue;
            if (!names.Contains(name, StringComparer.OrdinalIgnoreCase))
                names.Add(name);
            if (name.StartsWith("net", StringComparison.OrdinalIgnoreCase) && name.Length > 3 && char.IsAsciiDigit(name[3]) && name.Contains('.') && !name.Contains('-'))
                names.Add($".NETCoreApp,Version=v{name[3..]}");
        }

        return names;
    }

    private static List<AssetsTarget> Targets(JsonElement root, ProjectInventoryRequest request, IReadOnlyList<string> names)
    {
        var all = Property(root, "targets");
        var found = new List<AssetsTarget>();
        foreach (var rid in request.RuntimeIdentifiers.Count == 0 ? [null] : request.RuntimeIdentifiers.Cast<string?>())
        {
            var target = Find(all, names, rid) ?? Find(all, names, rid: null)
                ?? throw AssetsFile.Unusable(request.AssetsFile, $"has no target {request.TargetFramework}{(rid is null ? "" : $"/{rid}")}; it has {Known(all)}");
            if (!found.Exists(earlier => earlier.Name == target.Name))
                found.Add(new AssetsTarget(target.Name, Libraries(target.Value)));
        }

        return found;
    }

    private static string Known(JsonElement targets) =>
        string.Join(", ", PropertyNames(targets)) is { Length: > 0 } names ? names : "none";

    private static JsonProperty? Find(JsonElement targets, IReadOnlyList<string> names, string? rid)
    {
        foreach (var target in targets.EnumerateObject())
        {
            foreach (var name in names)
            {
                if (Same(target.Name, rid is null ? name : $"{name}/{rid}"))
                    return target;
            }
        }

        return null;
    }

    private static Dictionary<string, AssetsLibrary> Libraries(JsonElement target)
    {
        var libraries = new Dictionary<string, AssetsLibrary>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in target.EnumerateObject())
        {
            var slash = property.Name.IndexOf('/');
            if (slash <= 0 || slash == property.Name.Length - 1)
                throw new JsonException($"'{property.Name}' is not an id and a version.");
            var (id, version) = (property.Name[..slash], property.Name[(slash + 1)..]);
            var isProject = Same(Text(property.Value, "type"), "project");
            libraries[id] = new AssetsLibrary(id, version, isProject, property.Value.TryGetProperty("dependencies", out var dependencies) ? PropertyNames(dependencies) : [], Assets(property.Value))
            {
                Assembly = isProject && property.Value.TryGetProperty("runtime", out var runtime) && PropertyNames(runtime) is [var file, ..] ? file[(file.LastIndexOf('/') + 1)..] : null,
            };
        }

        return libraries;
    }

    private static LibraryAssets Assets(JsonElement library)
    {
        var assets = LibraryAssets.None;
        foreach (var group in library.EnumerateObject())
        {
            if (group.NameEquals("runtime") || group.NameEquals("native") || group.NameEquals("resource") || group.NameEquals("runtimeTargets"))
                assets |= HasFile(group.Value) ? LibraryAssets.Runtime : LibraryAssets.None;
            else if (group.NameEquals("contentFiles"))
            {
                foreach (var file in group.Value.EnumerateObject())
                    assets |= Content(file);
            }
        }

        return assets;
    }

    private static bool HasFile(JsonElement files)
    {
        foreach (var file in files.EnumerateObject())
        {
            if (!IsPlaceholder(file.Name))
                return true;
        }

        return false;
    }

    private static LibraryAssets Content(JsonProperty file)
    {
        if (IsPlaceholder(file.Name))
            return LibraryAssets.None;
        var assets = file.Value.TryGetProperty("copyToOutput", out var copy) && copy.ValueKind == JsonValueKind.True ? LibraryAssets.Content : LibraryAssets.None;
        return Text(file.Value, "buildAction") is { } action && (Same(action, "Compile") || Same(action, "EmbeddedResource")) ? assets | LibraryAssets.Compiled : assets;
    }

    private static bool IsPlaceholder(string file) => file == "_._" || file.EndsWith("/_._", StringComparison.Ordinal);

    private static Dictionary<string, LibraryLocation> Locations(JsonElement root)
    {
        var locations = new Dictionary<string, LibraryLocation>(StringComparer.OrdinalIgnoreCase);
        foreach (var library in Property(root, "libraries").EnumerateObject())
        {
            if ((Text(library.Value, "msbuildProject") ?? Text(library.Value, "path")) is { } path)
                locations[library.Name] = new LibraryLocation(path, Text(library.Value, "sha512"));
        }

        return locations;
    }

    private static Dictionary<string, DirectDependency> Direct(JsonElement root, IReadOnlyList<string> names, JsonElement? framework)
    {
        var direct = new Dictionary<string, DirectDependency>(StringComparer.OrdinalIgnoreCase);

        // The groups hold packages and projects, as "Newtonsoft.Json >= 12.0.3".
        foreach (var group in Property(root, "projectFileDependencyGroups").EnumerateObject())
        {
            if (!names.Contains(group.Name, StringComparer.OrdinalIgnoreCase))
                continue;
            foreach (var entry in group.Value.EnumerateArray())
            {
                var id = entry.GetString() is { } text ? text.Split(' ', 2)[0] : "";
                if (id.Length > 0)
                    direct[id] = new DirectDependency(id, null, IsPrivate: false);
            }
        }

        if (framework is { } element && element.TryGetProperty("dependencies", out var dependencies))
        {
            foreach (var dependency in dependencies.EnumerateObject())
                direct[dependency.Name] = new DirectDependency(dependency.Name, LowestVersion(Text(dependency.Value, "version")), Same(Text(dependency.Value, "suppressParent"), "All"))
                {
                    Range = Text(dependency.Value, "version"),
                    IsImplicit = dependency.Value.TryGetProperty("autoReferenced", out var implied) && implied.ValueKind == JsonValueKind.True,
                };
        }

        return direct;
    }

    private static List<string>? ProjectReferences(JsonElement root, IReadOnlyList<string> names)
    {
        if (!Property(root, "project").TryGetProperty("restore", out var restore) || !restore.TryGetProperty("frameworks", out var frameworks))
            return null;
        foreach (var framework in frameworks.EnumerateObject())
        {
            if (names.Contains(framework.Name, StringComparer.OrdinalIgnoreCase) || names.Contains(Text(framework.Value, "targetAlias"), StringComparer.OrdinalIgnoreCase))
                return framework.Value.TryGetProperty("projectReferences", out var references) ? PropertyNames(references) : [];
        }

        return null;
    }

    private static List<DownloadedPackage> Downloads(JsonElement? framework)
    {
        var downloads = new List<DownloadedPackage>();
        if (framework is { } element && element.TryGetProperty("downloadDependencies", out var listed))
        {
            foreach (var package in listed.EnumerateArray())
            {
                if (Text(package, "name") is { Length: > 0 } name && LowestVersion(Text(package, "version")) is { Length: > 0 } version)
                    downloads.Add(new DownloadedPackage(name, version));
            }
        }

        return downloads;
    }

    /// <summary><c>[12.0.3, )</c> is how NuGet writes the reference 12.0.3.</summary>
    private static string? LowestVersion(string? range) => range?.TrimStart('[', '(').Split(',', ']', ')')[0].Trim();

    private static HashSet<string> Pinned(JsonElement root, IReadOnlyList<string> names)
    {
        var pinned = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (root.TryGetProperty("centralTransitiveDependencyGroups", out var groups))
        {
            foreach (var group in groups.EnumerateObject())
            {
                if (names.Contains(group.Name, StringComparer.OrdinalIgnoreCase))
                    pinned.UnionWith(PropertyNames(group.Value));
            }
        }

        return pinned;
    }

    private static List<string> PropertyNames(JsonElement element)
    {
        var names = new List<string>();
        foreach (var property in element.EnumerateObject())
            names.Add(property.Name);
        return names;
    }

    private static JsonElement Property(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : throw new JsonException($"'{name}' is missing.");

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static bool Same(string? a, string? b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
