using System.Text;

namespace SupplyChain.Core.Files;

/// <summary>Writes several files that belong together: each appears whole, and none before all could be written.</summary>
internal static class WholeFiles
{
    /// <param name="files">Absolute paths and contents (UTF-8). A file that has this content already keeps its date.</param>
    /// <returns>The paths of those that changed.</returns>
    public static async Task<IReadOnlyList<string>> WriteAsync(IReadOnlyList<(string Path, string Content)> files, CancellationToken cancellationToken)
    {
        var staged = new List<(string From, string To)>();
        try
        {
            foreach (var (path, content) in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                var bytes = Encoding.UTF8.GetBytes(content);
                if (File.Exists(path) && (await File.ReadAllBytesAsync(path, cancellationToken)).AsSpan().SequenceEqual(bytes))
                    continue;
                var temporary = Images.SiblingPath.New(path);
                staged.Add((temporary, path));
                await File.WriteAllBytesAsync(temporary, bytes, cancellationToken);
                if (!OperatingSystem.IsWindows() && File.Exists(path))
                    File.SetUnixFileMode(temporary, File.GetUnixFileMode(path));
            }
            // Nothing but renames is left.
            staged.ForEach(file => File.Move(file.From, file.To, overwrite: true));
            return [.. staged.Select(file => file.To)];
        }
        finally
        {
            staged.ForEach(file => Images.SiblingPath.Delete(file.From));
        }
    }
}
