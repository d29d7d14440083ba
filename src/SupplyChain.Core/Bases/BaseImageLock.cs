using System.Text.Json;
using System.Text.Json.Serialization;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Bases;

/// <summary>One base image and what its tag pointed to when the file was made.</summary>
/// <param name="Name">Registry, repository and tag.</param>
/// <param name="Digest">Of the index, where the image has several platforms.</param>
/// <param name="Updated">When the tag was looked at, UTC.</param>
internal sealed record LockedBaseImage(string Name, Digest Digest, DateTimeOffset Updated);

/// <summary>
/// base-image.lock.json: the base images that a project builds on, pinned. Committed with the sources, so that the same commit gives the same image; moved
/// by <c>SupplyChainUpdateBaseImage</c> alone. A project may have several: one a ContainerFamily, for example.
/// </summary>
internal sealed record BaseImageLock(int Version, IReadOnlyList<LockedBaseImage> BaseImages)
{
    public const string FileName = "base-image.lock.json";
    private const int CurrentVersion = 1;
    private const long LargestFile = 1024 * 1024;

    /// <summary>Null: no such file.</summary>
    /// <exception cref="DiagnosticException">SCB1022: it cannot be read, or understood.</exception>
    public static BaseImageLock? Read(string file)
    {
        try
        {
            if (!File.Exists(file))
                return null;
            if (new FileInfo(file).Length > LargestFile)
                throw Unusable(file, "it is larger than 1 MiB");
            var read = JsonSerializer.Deserialize(File.ReadAllBytes(file), BasesJson.Default.BaseImageLock);
            if (read is not { Version: CurrentVersion, BaseImages: not null } || read.BaseImages.Any(image => image is not { Name: not null, Digest.IsSet: true }))
                throw Unusable(file, $"it is not a file of version {CurrentVersion} with a name and a digest for each base image");
            return read.BaseImages.DistinctBy(image => image.Name, StringComparer.Ordinal).Count() == read.BaseImages.Count
                ? read
                : throw Unusable(file, "it has a base image twice");
        }
        catch (JsonException e)
        {
            throw Unusable(file, $"it is not the JSON that SupplyChainUpdateBaseImage writes (line {e.LineNumber + 1}); a merge may have left it so");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(file, SingleLine.Of(e.Message, 300).TrimEnd('.'));
        }
    }

    public Digest? Find(ImageReference image) => BaseImages.FirstOrDefault(locked => locked.Name == BaseImageName.Key(image))?.Digest;

    /// <summary>The file with this image in its place; the others stay.</summary>
    public static BaseImageLock With(BaseImageLock? old, LockedBaseImage image) => new(
        CurrentVersion,
        [.. (old?.BaseImages ?? []).Where(other => other.Name != image.Name).Append(image).OrderBy(other => other.Name, StringComparer.Ordinal)]);

    /// <summary>As a whole: whoever reads it sees the old file or the new one.</summary>
    /// <exception cref="DiagnosticException">SCB1022.</exception>
    public void Write(string file)
    {
        var temporary = $"{file}.{Guid.NewGuid():N}";
        try
        {
            File.WriteAllText(temporary, JsonSerializer.Serialize(this, BasesJson.Default.BaseImageLock) + "\n");
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            SiblingPath.Delete(temporary);
            throw new DiagnosticException(DiagnosticCodes.BaseImageLockUnusable, $"{file} cannot be written: {SingleLine.Of(e.Message, 300).TrimEnd('.')}. Make sure that this user may write there.", e);
        }
    }

    private static DiagnosticException Unusable(string file, string why) => new(
        DiagnosticCodes.BaseImageLockUnusable,
        $"{file} cannot be used: {why}. Repair it, or delete it and run dotnet build -t:SupplyChainUpdateBaseImage.");
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(BaseImageLock))]
internal sealed partial class BasesJson : JsonSerializerContext;
