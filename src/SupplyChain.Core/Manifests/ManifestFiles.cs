using System.Text;

namespace SupplyChain.Core.Manifests;

/// <summary>The files of a repository in which something may be deployed.</summary>
internal static class ManifestFiles
{
    /// <summary>In bytes; a manifest is written by hand.</summary>
    private const int LargestFile = 4 * 1024 * 1024;

    private static readonly string[] Yaml = [".yaml", ".yml"];
    private static readonly string[] Text = [".bicep", ".bicepparam", ".tf", ".tfvars"];
    private static readonly string[] Skipped = [".git", ".terraform", ".vs", ".idea", "bin", "obj", "node_modules"];

    /// <summary>The root of the git work tree around a folder; the folder itself where there is none.</summary>
    public static string Root(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (Path.Exists(Path.Combine(at.FullName, ".git")))
                return at.FullName;
        }
        return folder;
    }

    /// <param name="excluded">Paths relative to the root, <c>/</c> between parts; <c>*</c> stands for any text.</param>
    public static IEnumerable<string> Find(string root, IReadOnlyList<string> excluded)
    {
        if (File.Exists(root))
            return [root];
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        return Walk(new DirectoryInfo(root)).Order(StringComparer.Ordinal);

        IEnumerable<string> Walk(DirectoryInfo folder)
        {
            foreach (var file in folder.EnumerateFiles("*", options).Where(file => IsManifest(file.Name) && file.Length <= LargestFile && !IsExcluded(file.FullName)))
                yield return file.FullName;
            foreach (var inner in folder.EnumerateDirectories("*", options).Where(inner => !Skipped.Contains(inner.Name, StringComparer.OrdinalIgnoreCase) && !IsExcluded(inner.FullName)))
            {
                foreach (var file in Walk(inner))
                    yield return file;
            }
        }

        bool IsExcluded(string path)
        {
            var relative = Path.GetRelativePath(root, path).Replace('\\', '/');
            return excluded.Any(pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern.Replace('\\', '/').TrimEnd('/'), relative, ignoreCase: false));
        }
    }

    /// <summary>A template of a Helm chart is no YAML before Helm has filled it in.</summary>
    public static bool IsYaml(string file) => Yaml.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase) && !IsTemplate(file);

    /// <returns>Null: not text in UTF-8.</returns>
    public static async Task<string?> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(await File.ReadAllBytesAsync(file, cancellationToken));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool IsManifest(string name) => Path.GetExtension(name) is var extension && (Yaml.Contains(extension, StringComparer.OrdinalIgnoreCase) || Text.Contains(extension, StringComparer.OrdinalIgnoreCase));

    private static bool IsTemplate(string file)
    {
        for (var folder = new FileInfo(file).Directory; folder is not null; folder = folder.Parent)
        {
            if (folder.Name == "templates" && folder.Parent is { } chart && File.Exists(Path.Combine(chart.FullName, "Chart.yaml")))
                return true;
        }
        return false;
    }
}
