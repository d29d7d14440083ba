using System.Xml;

namespace SupplyChain.Core.Gating;

/// <summary>
/// What the packages of this machine's package folders depend on, from their .nuspec files (nuspec reference, <c>dependencies</c>). Hostile until checked: no
/// DTD, a limit on the size, names that cannot leave the folder.
/// </summary>
internal sealed class PackageDependencies(IReadOnlyList<string> folders, string targetFramework)
{
    private const long MaximumLength = 4 * 1024 * 1024;

    private readonly IReadOnlyList<string> _frameworks = Compatible(targetFramework);
    private readonly Dictionary<string, IReadOnlyList<(string Id, string Version)>?> _read = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Versions of this package that are there, in no order.</summary>
    public IReadOnlyList<string> Versions(string id) => !IsName(id) ? [] :
    [
        .. folders.Select(folder => Path.Combine(folder, id.ToLowerInvariant())).Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories).Select(folder => Path.GetFileName(folder)).Distinct(StringComparer.OrdinalIgnoreCase),
    ];

    /// <summary>Ids with the lowest version that each demands. Null when the package is not here, or when it cannot be said what it demands.</summary>
    public IReadOnlyList<(string Id, string Version)>? Of(string id, string version)
    {
        if (!IsName(id) || !IsName(version))
            return null;
        var key = $"{id}/{version}";
        if (!_read.TryGetValue(key, out var dependencies))
            _read.Add(key, dependencies = Read(id.ToLowerInvariant(), version.ToLowerInvariant()));
        return dependencies;
    }

    private IReadOnlyList<(string Id, string Version)>? Read(string id, string version)
    {
        var file = folders.Select(folder => Path.Combine(folder, id, version, $"{id}.nuspec")).FirstOrDefault(File.Exists);
        if (file is null)
            return null;
        try
        {
            using var stream = File.OpenRead(file);
            if (stream.Length > MaximumLength)
                return null;
            using var reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaximumLength });
            return Read(reader);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or XmlException)
        {
            return null;
        }
    }

    private IReadOnlyList<(string Id, string Version)>? Read(XmlReader reader)
    {
        var groups = new Dictionary<string, List<(string Id, string? Version)>>(StringComparer.OrdinalIgnoreCase);
        var group = "";
        var inside = false;
        while (reader.Read())
        {
            if (reader.LocalName == "dependencies")
                inside = reader.NodeType == XmlNodeType.Element && !reader.IsEmptyElement;
            else if (!inside || reader.NodeType != XmlNodeType.Element)
                continue;
            else if (reader.LocalName == "group")
                groups.TryAdd(group = Normal(reader.GetAttribute("targetFramework")), []);
            else if (reader.LocalName == "dependency" && reader.GetAttribute("id") is { } id)
                (groups.TryGetValue(group, out var list) ? list : groups[group] = []).Add((id, Minimum(reader.GetAttribute("version"))));
        }

        if (groups.Count == 0)
            return [];
        // Groups for other frameworks alone: NuGet would fall back to one of them, or take none.
        if (_frameworks.FirstOrDefault(groups.ContainsKey) is not { } framework || groups[framework].Exists(dependency => dependency.Version is null))
            return null;
        return [.. groups[framework].Select(dependency => (dependency.Id, dependency.Version!))];
    }

    /// <summary>The lowest version in a range: <c>1.0</c>, <c>[1.0]</c>, <c>[1.0,2.0)</c>. Null for one without a lowest version.</summary>
    internal static string? Minimum(string? range)
    {
        var text = range?.Trim() ?? "";
        if (text.StartsWith('[') && text.Length > 2)
            text = text[1..].Split(',')[0].TrimEnd(']', ')').Trim();
        return PackageVersion.Parse(text) is null ? null : text;
    }

    /// <summary>The nearest first, as NuGet chooses a group for .NET.</summary>
    private static List<string> Compatible(string targetFramework)
    {
        var text = targetFramework.Split('-')[0];
        List<string> frameworks = [];
        if (text.StartsWith("net", StringComparison.OrdinalIgnoreCase) && text.EndsWith(".0", StringComparison.Ordinal) && int.TryParse(text[3..^2], out var version) && version is >= 5 and < 100)
            frameworks.AddRange(Enumerable.Range(5, version - 4).Reverse().Select(number => $"net{number}.0"));
        return
        [
            .. frameworks,
            "netcoreapp3.1", "netcoreapp3.0", "netcoreapp2.2", "netcoreapp2.1", "netcoreapp2.0", "netcoreapp1.1", "netcoreapp1.0",
            "netstandard2.1", "netstandard2.0", "netstandard1.6", "netstandard1.5", "netstandard1.4", "netstandard1.3", "netstandard1.2", "netstandard1.1", "netstandard1.0", "",
        ];
    }

    private static string Normal(string? framework)
    {
        var text = (framework ?? "").Trim().TrimStart('.').ToLowerInvariant();
        return text.StartsWith("netcoreapp", StringComparison.Ordinal) && int.TryParse(text["netcoreapp".Length..].Split('.')[0], out var major) && major >= 5
            ? $"net{text["netcoreapp".Length..]}"
            : text;
    }

    private static bool IsName(string text) => text.Length is > 0 and <= 200 && text != "." && text != ".." && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+');
}
