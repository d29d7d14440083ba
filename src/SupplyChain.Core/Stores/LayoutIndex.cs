using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// The index.json of an OCI layout (image-layout.md). It is changed under a lock that other processes respect, and replaced as a whole: a
/// reader sees the old or the new one, and parallel writers lose nothing. What others have written there stays.
/// </summary>
internal sealed class LayoutIndex(string directory, TimeProvider clock)
{
    private const int LargestIndex = 4 * 1024 * 1024;
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(60);

    private string IndexPath => Path.Combine(directory, "index.json");

    /// <summary>All entries; empty when there is no layout yet.</summary>
    public async Task<IReadOnlyList<Descriptor>> ReadAsync(CancellationToken cancellationToken) =>
        Descriptors(await LoadAsync(cancellationToken));

    /// <param name="change">Gets the entries and says whether it changed them.</param>
    public async Task ChangeAsync(Func<JsonArray, bool> change, CancellationToken cancellationToken)
    {
        await using var held = await LockAsync(cancellationToken);
        var index = await LoadAsync(cancellationToken);
        if (!change((JsonArray)index["manifests"]!))
            return;
        await ReplaceAsync("oci-layout", OciLayoutFiles.Marker.ToArray(), cancellationToken);
        await ReplaceAsync("index.json", JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Plain.JsonObject), cancellationToken);
    }

    public static string? DigestOf(JsonNode? entry) => Text(entry, "digest");

    public static string? TagOf(JsonNode? entry) => Text(entry is JsonObject o ? o["annotations"] : null, ImageDocuments.RefName);

    private async Task<JsonObject> LoadAsync(CancellationToken cancellationToken)
    {
        byte[] content;
        try
        {
            await using var stream = new FileStream(IndexPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            content = await BoundedBody.ReadAsync(stream, LargestIndex, cancellationToken) ?? throw Damaged("index.json is larger than 4 MiB");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciIndex, ["manifests"] = new JsonArray() };
        }
        try
        {
            if (JsonNode.Parse(content, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) is JsonObject index && index["manifests"] is JsonArray)
                return index;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Said below.
        }
        throw Damaged("index.json is not an OCI index");
    }

    private static List<Descriptor> Descriptors(JsonObject index)
    {
        var result = new List<Descriptor>();
        foreach (var entry in (JsonArray)index["manifests"]!)
        {
            try
            {
                if (entry.Deserialize(OciJson.Plain.Descriptor) is { MediaType: not null, Digest.IsSet: true } descriptor)
                    result.Add(descriptor);
            }
            catch (JsonException)
            {
                // Of another digest algorithm, for example: not ours to read.
            }
        }
        return result;
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(directory);
            return await FileLock.AcquireAsync(Path.Combine(directory, ".index.lock"), LockLimit, clock, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.LayoutBusy,
                $"the OCI layout {directory} cannot be locked for writing: {SingleLine.Of(e.Message, 300)} Wait for the other publish to end, make sure that the folder can be written to, or give each publish its own SupplyChainOutputPath.",
                e);
        }
    }

    private async Task ReplaceAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        // Beside its target, so that the rename stays within one file system.
        var temporary = Path.Combine(directory, $".{name}.{Guid.NewGuid():N}");
        try
        {
            await File.WriteAllBytesAsync(temporary, content, cancellationToken);
            File.Move(temporary, Path.Combine(directory, name), overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private DiagnosticException Damaged(string why) => new(
        DiagnosticCodes.LayoutDamaged,
        $"the OCI layout {directory} is damaged: {why}. Delete the folder and publish again.");

    private static string? Text(JsonNode? parent, string name) =>
        (parent as JsonObject)?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
