using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Manifests;

/// <summary>A file that names the image.</summary>
/// <param name="Text">As it is.</param>
internal sealed record Manifest(string File, string Text, IReadOnlyList<ManifestReference> References)
{
    public bool IsChanged => References.Any(reference => reference.Edits.Count > 0);

    public string Pinned => TextEdit.Apply(Text, References.SelectMany(reference => reference.Edits));
}

/// <summary>Looks for the image in all files of a repository.</summary>
internal static class ManifestSearch
{
    /// <exception cref="DiagnosticException">SCB6010: a file that names the image cannot be read, or not be changed.</exception>
    public static async Task<IReadOnlyList<Manifest>> FindAsync(string root, IReadOnlyList<string> excluded, DeployedImage image, CancellationToken cancellationToken)
    {
        var found = new List<Manifest>();
        foreach (var file in ManifestFiles.Find(root, excluded))
        {
            var text = await ManifestFiles.ReadAsync(file, cancellationToken);
            // A repository has files of everybody; only those that may be about this image have to be in order.
            if (text is not null && !text.Contains(image.Name.Repository, StringComparison.Ordinal))
                continue;
            if (text is null)
                continue;
            try
            {
                var references = Find(file, text, image);
                if (references.Count == 0)
                    continue;
                var manifest = new Manifest(file, text, references);
                Check(manifest, image);
                found.Add(manifest);
            }
            catch (UnusableManifestException exception) when (text.Contains(image.Name.Name, StringComparison.Ordinal))
            {
                throw new DiagnosticException(new Diagnostic(
                    DiagnosticCodes.ManifestUnusable,
                    $"{Path.GetRelativePath(root, file)} names {image.Name.Name} and cannot be used: {SingleLine.Of(exception.Message, 300).TrimEnd('.')}. Nothing was written. Correct it, or list it in SupplyChainManifestsExclude.",
                    file,
                    exception.Line), exception);
            }
            catch (UnusableManifestException)
            {
                // It only has the same word in it.
            }
        }
        return found;
    }

    private static IReadOnlyList<ManifestReference> Find(string file, string text, DeployedImage image) =>
        ManifestFiles.IsYaml(file) ? YamlManifest.Find(text, image) : TextManifest.Find(text, image);

    /// <summary>What will be written is read once more: each reference is pinned then, and there are as many as before.</summary>
    private static void Check(Manifest manifest, DeployedImage image)
    {
        if (!manifest.IsChanged)
            return;
        var after = Find(manifest.File, manifest.Pinned, image);
        if (after.Count != manifest.References.Count || after.Any(reference => !reference.IsPinned || reference.Edits.Count > 0))
            throw new UnusableManifestException(manifest.References[0].Line, "the images in it cannot be changed safely. Pin them by hand");
    }
}
