using SupplyChain.Core.Gating;

namespace SupplyChain.Core.RepositoryPolicies;

/// <summary>A file, and the 1-based line in it; 0: unknown.</summary>
internal sealed record SettingPlace(string File, int Line)
{
    public override string ToString() => Line > 0 ? FormattableString.Invariant($"{File}({Line})") : File;
}

/// <summary>
/// Where a project's properties come from. MSBuild tells tasks values and no places, so files are searched in the order in which the later one wins: the
/// command line, the project, Directory.Build.targets, Directory.Build.props, the environment. What none of them has is the default, or comes from a file that
/// one of them imports.
/// </summary>
/// <param name="globals">Properties of the command line (<c>-p:</c>).</param>
/// <param name="given">Names of the properties that have a value before the defaults are set; null: not known.</param>
internal sealed class SettingPlaces(string projectFile, IReadOnlyDictionary<string, string> globals, IReadOnlyCollection<string>? given, Func<string, string?> environment)
{
    private static readonly string[] SharedFiles = ["Directory.Build.targets", "Directory.Build.props", "Directory.Packages.props"];

    private readonly List<string> _files = [projectFile, .. SharedFiles.Select(name => Above(projectFile, name)).OfType<string>()];

    /// <summary>Whether the project says it, and not our default.</summary>
    /// <remarks>Directory.Build.targets comes after our defaults, so what stands there is not in the list.</remarks>
    public bool IsGiven(string property) => IsGlobal(property) || given?.Contains(property, StringComparer.OrdinalIgnoreCase) is true || Find(property) is not null || (given is null && IsVariable(property));

    /// <summary>Null: in no file that is searched.</summary>
    public SettingPlace? Find(string property) => IsGlobal(property) ? null
        : _files.Select(file => new SettingPlace(file, ItemLine.FindProperty(file, property))).FirstOrDefault(place => place.Line > 0);

    /// <summary>For people.</summary>
    public string Of(string property) => IsGlobal(property) ? "command line"
        : Find(property)?.ToString()
        ?? (IsVariable(property) ? "environment variable"
        : given?.Contains(property, StringComparer.OrdinalIgnoreCase) is true ? "a file that the project imports" : "default");

    private bool IsGlobal(string property) => globals.Keys.Contains(property, StringComparer.OrdinalIgnoreCase);

    private bool IsVariable(string property) => !string.IsNullOrEmpty(environment(property));

    private static string? Above(string projectFile, string name)
    {
        for (var folder = Path.GetDirectoryName(projectFile); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Path.Combine(folder, name) is var file && File.Exists(file))
                return file;
        }

        return null;
    }
}
