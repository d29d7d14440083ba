using System.Text;
using System.Text.Json;
using System.Xml;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Projects;

/// <summary>Reads what the global packages folder holds about a package: .nuspec, hash, feed. What is missing becomes a gap, never a guess.</summary>
internal sealed class PackageFolders(AssetsFile assets, string assetsPath)
{
    private const long MaximumSmallFile = 64 * 1024;

    /// <summary>Fills in hash, licence, authors, addresses and feed. Several may be described at the same time.</summary>
    /// <param name="gaps">Gets what could not be learned.</param>
    /// <exception cref="DiagnosticException">SCB1501: the assets file leads out of the package folders.</exception>
    public NuGetPackage Describe(NuGetPackage package, List<Gap> gaps)
    {
        var location = assets.Locations.GetValueOrDefault($"{package.Id}/{package.Version}");
        if (Find(package, location) is not { } folder)
        {
            gaps.Add(new Gap(GapKind.PackageFolder, $"{package.Id} {package.Version} is in no package folder, so its hash and licence are unknown. Run dotnet restore.") { Detail = string.Join(", ", assets.PackageFolders) });
            return package;
        }

        return WithHash(WithNuspec(package, folder, gaps), folder, location?.ContentHash, gaps);
    }

    private string? Find(NuGetPackage package, LibraryLocation? location)
    {
        var path = location?.Path ?? $"{package.Id}/{package.Version}".ToLowerInvariant();
        if (Path.IsPathRooted(path) || path.Contains('\\') || path.Contains(':') || path.Split('/').Any(segment => segment is "" or "." or ".."))
            throw AssetsFile.Unusable(assetsPath, $"gives {package.Id} the path '{path}', which is not one inside a package folder");
        return assets.PackageFolders.Select(folder => Path.Combine(folder, path)).FirstOrDefault(Directory.Exists);
    }

    private static NuGetPackage WithNuspec(NuGetPackage package, string folder, List<Gap> gaps)
    {
        var path = Path.Combine(folder, package.Id.ToLowerInvariant() + ".nuspec");
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            if (file.Length > Nuspec.MaximumLength)
                throw new XmlException($"it has {file.Length / 1024 / 1024} MB");
            var nuspec = Nuspec.Read(file);
            // Folders are in lower case; the package itself knows how it is spelled.
            var id = string.Equals(nuspec.Id, package.Id, StringComparison.OrdinalIgnoreCase) ? nuspec.Id! : package.Id;
            return package with
            {
                Id = id,
                Path = package.Path is [var last] && last == package.Id ? [id] : package.Path,
                LicenseExpression = nuspec.LicenseExpression,
                LicenseFile = nuspec.LicenseFile,
                LicenseUrl = nuspec.LicenseExpression is null && nuspec.LicenseFile is null ? nuspec.LicenseUrl : null,
                Authors = nuspec.Authors,
                Description = nuspec.Description,
                ProjectUrl = nuspec.ProjectUrl,
                RepositoryUrl = nuspec.RepositoryUrl,
                RepositoryCommit = nuspec.RepositoryCommit,
            };
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException)
        {
            gaps.Add(new Gap(GapKind.Nuspec, $"{package.Id} {package.Version} has a .nuspec that cannot be used, so its licence and authors are unknown. Delete its package folder and run dotnet restore; if it stays, ask its feed.") { Detail = $"{path}: {SingleLine.Of(e.Message, 300).TrimEnd('.')}" });
            return package;
        }
    }

    private static NuGetPackage WithHash(NuGetPackage package, string folder, string? contentHash, List<Gap> gaps)
    {
        var (restored, source) = Metadata(Path.Combine(folder, ".nupkg.metadata"));
        package = package with { Source = Feed(source) };
        if (contentHash is not null && restored is not null && contentHash != restored)
        {
            gaps.Add(new Gap(GapKind.PackageHash, $"{package.Id} {package.Version} has no known hash: its folder no longer holds the package that was restored. Delete that folder and run dotnet restore.") { Detail = folder });
            return package;
        }

        var name = $"{Path.GetFileName(Path.GetDirectoryName(folder))}.{Path.GetFileName(folder)}.nupkg.sha512";
        var text = ReadSmall(Path.Combine(folder, name));

        // An unsigned package's content hash is the hash of the file.
        if (text is null && !File.Exists(Path.Combine(folder, ".signature.p7s")))
            text = contentHash ?? restored;
        Span<byte> hash = stackalloc byte[64];
        if (text is not null && text.Length <= 90 && Convert.TryFromBase64String(text.Trim(), hash, out var length) && length == hash.Length)
            return package with { Sha512 = Convert.ToHexStringLower(hash) };
        gaps.Add(new Gap(GapKind.PackageHash, $"{package.Id} {package.Version} has no known hash: the file that holds it is missing or damaged. Delete its package folder and run dotnet restore.") { Detail = Path.Combine(folder, name) });
        return package;
    }

    private static (string? ContentHash, string? Source) Metadata(string path)
    {
        if (ReadSmall(path) is not { } text)
            return default;
        try
        {
            using var document = JsonDocument.Parse(text);
            return (Text(document.RootElement, "contentHash"), Text(document.RootElement, "source"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return default;
        }

        static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    private static string? ReadSmall(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var length = RandomAccess.GetLength(file);
            if (length > MaximumSmallFile)
                return null;
            var bytes = new byte[length];
            return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Without user name, password, query (which may hold a token) and fragment.</summary>
    private static string? Feed(string? source) =>
        Nuspec.WebAddress(source) is { } address ? new UriBuilder(address) { Query = "", Fragment = "" }.Uri.AbsoluteUri : null;
}
