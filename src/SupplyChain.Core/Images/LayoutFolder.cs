using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>
/// A layout folder in the making: a sibling of its target, which takes the target's name only when it is complete. Whoever looks at the
/// target sees the old layout or the new one, never half of one.
/// </summary>
internal sealed class LayoutFolder : IDisposable
{
    private readonly string _target;

    private LayoutFolder(string target, string path) => (_target, Path) = (target, path);

    /// <summary>Where to write until <see cref="Commit"/>.</summary>
    internal string Path { get; }

    internal static LayoutFolder Create(string target)
    {
        RefuseForeignContent(target);
        SiblingPath.DeleteAbandoned(target);
        var folder = new LayoutFolder(target, SiblingPath.New(target));
        Directory.CreateDirectory(System.IO.Path.Combine(folder.Path, "blobs", "sha256"));
        return folder;
    }

    /// <summary>Puts the folder in the place of whatever layout stands there. Two at the same time: the later one stays, whole.</summary>
    internal void Commit()
    {
        var replaced = new List<string>();
        try
        {
            for (var attempts = 1; ; attempts++)
            {
                MoveAside(replaced);
                try
                {
                    Directory.Move(Path, _target);
                    return;
                }
                catch (IOException) when (attempts < 100 && Directory.Exists(Path))
                {
                    // Another publish has put its own there in between, and may have moved it away again: the target's absence says nothing.
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (replaced.Count > 0 && !Directory.Exists(_target))
                Directory.Move(replaced[^1], _target);
            throw;
        }
        finally
        {
            replaced.ForEach(SiblingPath.Delete);
        }
    }

    public void Dispose() => SiblingPath.Delete(Path);

    private void MoveAside(List<string> replaced)
    {
        RefuseForeignContent(_target);
        if (!Directory.Exists(_target))
            return;
        var aside = SiblingPath.New(_target);
        try
        {
            Directory.Move(_target, aside);
            replaced.Add(aside);
        }
        catch (DirectoryNotFoundException)
        {
            // Another publish has just moved it aside.
        }
    }

    /// <summary>Replacing means deleting: only a layout, which can be made again, is ever replaced.</summary>
    private static void RefuseForeignContent(string target)
    {
        if (File.Exists(target))
            throw new DiagnosticException(DiagnosticCodes.LayoutUnwritable, "it is a file");
        try
        {
            if (Directory.Exists(target) && !File.Exists(System.IO.Path.Combine(target, "oci-layout")) && Directory.EnumerateFileSystemEntries(target).Any())
                throw new DiagnosticException(DiagnosticCodes.LayoutUnwritable, "it holds other files and is no image layout, so it is not replaced");
        }
        catch (DirectoryNotFoundException)
        {
            // Another publish has just moved it aside.
        }
    }
}
