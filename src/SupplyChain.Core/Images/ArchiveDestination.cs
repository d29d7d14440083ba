namespace SupplyChain.Core.Images;

/// <summary>Where the SDK would write the archive for <c>ContainerArchiveOutputPath</c>.</summary>
public static class ArchiveDestination
{
    /// <summary>
    /// The SDK's own rule (dotnet/sdk, ArchiveFileRegistry): an existing folder, or a path that ends with a slash, gets
    /// <c>REPOSITORY.tar.gz</c> (which is not compressed all the same; the name is the SDK's); anything else is the file itself.
    /// </summary>
    /// <param name="containerArchiveOutputPath">As the user gave it.</param>
    /// <param name="repository">May have folders in it: <c>contoso/hello</c>.</param>
    /// <param name="baseDirectory">What a relative path is relative to: the project folder; null: the current directory, which MSBuild sets to it.</param>
    /// <returns>An absolute path.</returns>
    public static string Resolve(string containerArchiveOutputPath, string repository, string? baseDirectory = null)
    {
        var path = baseDirectory is null ? Path.GetFullPath(containerArchiveOutputPath) : Path.GetFullPath(containerArchiveOutputPath, baseDirectory);
        return containerArchiveOutputPath is [.., '/' or '\\'] || Directory.Exists(path) ? Path.Combine(path, repository + ".tar.gz") : path;
    }
}
