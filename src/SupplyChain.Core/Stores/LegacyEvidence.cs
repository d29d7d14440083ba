using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>One signature in cosign's older layout: what was signed, and what proves it.</summary>
/// <param name="MediaType">Of the layer: a simple signing document, or a DSSE envelope.</param>
/// <param name="Annotations">Signature, certificate, log entry (sigstore/cosign, specs/SIGNATURE_SPEC.md).</param>
internal sealed record LegacyLayer(string MediaType, ReadOnlyMemory<byte> Content, IReadOnlyDictionary<string, string> Annotations)
{
    public const string SimpleSigning = "application/vnd.dev.cosign.simplesigning.v1+json";
    public const string Envelope = "application/vnd.dsse.envelope.v1+json";
    public const string SignatureAnnotation = "dev.cosignproject.cosign/signature";
    public const string PredicateTypeAnnotation = "predicateType";
}

/// <summary>
/// Cosign's layout before bundles: the tags <c>sha256-HEX.sig</c> and <c>sha256-HEX.att</c>, each an image whose layers are the signatures. Another signature
/// rewrites the tag, so what is there is kept, and everything is read back: a tag cannot be changed by two at once without one losing. So the tag is looked at in the moment
/// before it is set, and our layers once more when every other writer who has looked in the same moment must be done.
/// </summary>
internal sealed class LegacyEvidence(RegistryStore store, TimeProvider clock)
{
    private const int MostRounds = 30;

    /// <summary>At least.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(250);

    public static string SignatureTag(Digest subject) => $"sha256-{subject.Hex}.sig";

    public static string AttestationTag(Digest subject) => $"sha256-{subject.Hex}.att";

    /// <summary>The layers that are there; none when there is no such tag, or something else stands under it.</summary>
    public async Task<IReadOnlyList<Descriptor>> ListAsync(string tag, CancellationToken cancellationToken) =>
        (await ReadAsync(tag, cancellationToken))?.Layers ?? [];

    /// <summary>Adds the layers that are not there yet. A layer that is there with the same content and the same annotations is not added again.</summary>
    /// <exception cref="DiagnosticException">SCB5501: the registry does not keep what it is given.</exception>
    public async Task AddAsync(string tag, IReadOnlyList<LegacyLayer> layers, CancellationToken cancellationToken)
    {
        var wanted = new List<Descriptor>();
        foreach (var layer in layers)
        {
            var blob = new Descriptor(layer.MediaType, Digest.Of(layer.Content.Span), layer.Content.Length);
            await WriteBlobAsync(blob, layer.Content, cancellationToken);
            wanted.Add(blob with { Annotations = new SortedDictionary<string, string>(layer.Annotations.ToDictionary(), StringComparer.Ordinal) });
        }
        TimeSpan? settling = null;
        for (var round = 0; round < MostRounds; round++)
        {
            var present = await ReadAsync(tag, cancellationToken);
            var missing = wanted.Where(layer => !(present?.Layers ?? []).Any(other => IsSame(other, layer))).ToList();
            if (missing.Count == 0)
            {
                if (settling is null)
                    return;
                await Task.Delay(settling.Value, clock, cancellationToken);
                settling = null;
                continue;
            }
            settling = await WriteAsync(tag, present?.Digest, [.. present?.Layers ?? [], .. missing], cancellationToken);
            if (settling is null)
                // Writers that collided must not collide again.
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(20, 60 * (round + 1))), clock, cancellationToken);
        }
        throw new DiagnosticException(
            DiagnosticCodes.AttachFailed,
            $"{store.Repository.Name} accepted the evidence under tag {tag} and lost it {MostRounds} times. Nothing was tagged. Another process writes there all the time, or the registry does not keep what it accepts.");
    }

    /// <returns>How long others, who are as slow as we were, may still write what they have read before; null: another writer was faster, and nothing was written.</returns>
    private async Task<TimeSpan?> WriteAsync(string tag, Digest? present, IReadOnlyList<Descriptor> layers, CancellationToken cancellationToken)
    {
        var config = Config(layers);
        var configBlob = new Descriptor(MediaTypes.OciConfig, Digest.Of(config), config.Length);
        await WriteBlobAsync(configBlob, config, cancellationToken);
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new OciManifest(2, MediaTypes.OciManifest, configBlob, layers), OciJson.Plain.OciManifest);
        var root = new Descriptor(MediaTypes.OciManifest, Digest.Of(manifest), manifest.Length);
        await store.WriteManifestAsync(root, manifest, cancellationToken);
        var looked = clock.GetTimestamp();
        if (await store.ResolveTagAsync(tag, cancellationToken) != present)
            return null;
        await store.SetTagAsync(tag, root, cancellationToken);
        var took = clock.GetElapsedTime(looked) * 4;
        return took > Settling ? took : Settling;
    }

    /// <summary>As cosign writes it: the layers are no file systems, but readers of images expect a configuration.</summary>
    private static byte[] Config(IReadOnlyList<Descriptor> layers) => JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject
        {
            ["architecture"] = "",
            ["created"] = "0001-01-01T00:00:00Z",
            ["history"] = new JsonArray([.. layers.Select(_ => (JsonNode)new JsonObject { ["created"] = "0001-01-01T00:00:00Z" })]),
            ["os"] = "",
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray([.. layers.Select(layer => (JsonNode)layer.Digest.ToString())]) },
            ["config"] = new JsonObject(),
        },
        OciJson.Plain.JsonObject);

    /// <returns>Null: there is no such tag.</returns>
    private async Task<(Digest Digest, IReadOnlyList<Descriptor> Layers)?> ReadAsync(string tag, CancellationToken cancellationToken)
    {
        if (await store.ReadTagAsync(tag, cancellationToken) is not { } current)
            return null;
        try
        {
            var layers = JsonSerializer.Deserialize(current.Content, OciJson.Plain.OciManifest)?.Layers ?? [];
            return (Digest.Of(current.Content), layers.All(layer => layer.Digest.IsSet && layer.Size >= 0) ? layers : []);
        }
        catch (JsonException exception)
        {
            throw new DiagnosticException(
                DiagnosticCodes.RegistryError,
                $"{store.Repository.Name} has something under tag {tag} that is no image manifest, so evidence can be neither read nor added there. Nothing was tagged. Find out what wrote it, delete it, and publish again.",
                exception);
        }
    }

    private async Task WriteBlobAsync(Descriptor blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (!await store.HasBlobAsync(blob, cancellationToken))
            await store.WriteBlobAsync(blob, () => new MemoryStream(content.ToArray(), writable: false), cancellationToken);
    }

    private static bool IsSame(Descriptor left, Descriptor right) =>
        left.Digest == right.Digest && left.MediaType == right.MediaType
        && (left.Annotations ?? new Dictionary<string, string>()).OrderBy(item => item.Key, StringComparer.Ordinal).SequenceEqual((right.Annotations ?? new Dictionary<string, string>()).OrderBy(item => item.Key, StringComparer.Ordinal));
}
