using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>
/// One platform of a layout as a layout of its own, for programs that cannot choose one from an index: <c>oci-layout</c>, an <c>index.json</c>
/// of exactly one manifest, and a link to the layout's blobs.
/// </summary>
public static class LayoutView
{
    /// <summary>Where symbolic links are not allowed, the platform's blobs are copied.</summary>
    /// <param name="directory">Replaced if it is a view already.</param>
    /// <returns>The absolute path of the view.</returns>
    /// <exception cref="DiagnosticException">SCB1007: the view cannot be written.</exception>
    public static string Create(ImageLayout layout, PlatformImage image, string directory) => Create(layout, image, directory, TryLink);

    internal static string Create(ImageLayout layout, PlatformImage image, string directory, Func<string, string, bool> tryLink)
    {
        var view = Path.GetFullPath(directory);
        try
        {
            Directory.CreateDirectory(view);
            Remove(Path.Combine(view, "blobs"));
            if (!tryLink(Path.Combine(view, "blobs"), Path.Combine(layout.Directory, "blobs")))
                Copy(layout, image, view);
            OciLayoutFiles.Write(view, image.Manifest);
            return view;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.LayoutUnwritable,
                $"cannot write {view}, the view of the image for {image.Platform}: {e.Message} The folder must be one that may be written to.",
                e);
        }
    }

    /// <summary>A link, but never what it leads to; or a copy.</summary>
    private static void Remove(string blobs)
    {
        if (new DirectoryInfo(blobs).LinkTarget is null)
        {
            if (Directory.Exists(blobs))
                Directory.Delete(blobs, recursive: true);
        }
        else if (OperatingSystem.IsWindows())
        {
            Directory.Delete(blobs);
        }
        else
        {
            File.Delete(blobs);
        }
    }

    private static bool TryLink(string link, string target)
    {
        try
        {
            Directory.CreateSymbolicLink(link, target);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Windows without developer mode, and some network file systems.
            return false;
        }
    }

    private static void Copy(ImageLayout layout, PlatformImage image, string view)
    {
        Directory.CreateDirectory(Path.Combine(view, "blobs", "sha256"));
        foreach (var blob in image.Layers.Append(image.Config).Append(image.Manifest).DistinctBy(blob => blob.Digest))
            File.Copy(layout.BlobPath(blob.Digest), (layout with { Directory = view }).BlobPath(blob.Digest));
    }
}
