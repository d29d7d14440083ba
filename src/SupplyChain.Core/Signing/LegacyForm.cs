using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Signing;

/// <summary>
/// Cosign's layout before bundles (specs/SIGNATURE_SPEC.md), from bundles and back. An attestation is the bundle's own envelope; the image signature is one over a
/// simple signing document. What a bundle has besides travels in an annotation of ours, so that evidence that is there can be recognised and kept.
/// </summary>
internal static class LegacyForm
{
    private const string Material = "io.github.supplychain-build.verification-material";
    private const string Certificate = "dev.sigstore.cosign/certificate";
    private const string Log = "dev.sigstore.cosign/bundle";
    private const string Timestamp = "dev.sigstore.cosign/rfc3161timestamp";

    /// <summary>What is signed for an image (containers/image, atomic-signature.md, as cosign writes it).</summary>
    public static StatementToSign Signature(ImageReference repository, Digest image) => new(
        "signature.legacy",
        image,
        PredicateTypes.SimpleSigning,
        Encoding.UTF8.GetBytes($$"""{"critical":{"identity":{"docker-reference":"{{repository.Name}}"},"image":{"docker-manifest-digest":"{{image}}"},"type":"cosign container image signature"},"optional":null}"""));

    /// <exception cref="FormatException">Not a bundle of the expected kind.</exception>
    public static LegacyLayer Attestation(ReadOnlyMemory<byte> bundle)
    {
        var (root, predicateType) = (Parse(bundle), Bundle.Parse(bundle).Statement.PredicateType);
        return new LegacyLayer(LegacyLayer.Envelope, LoggedEnvelope.Write(root), Annotations(root, "", (LegacyLayer.PredicateTypeAnnotation, predicateType)));
    }

    /// <param name="payload">What was signed.</param>
    /// <param name="bundle">A bundle with a message signature over it.</param>
    /// <exception cref="FormatException">Not such a bundle.</exception>
    public static LegacyLayer Signature(ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> bundle)
    {
        var root = Parse(bundle);
        return new LegacyLayer(LegacyLayer.SimpleSigning, payload, Annotations(root, SignatureOver(payload, root)));
    }

    /// <summary>Whether this bundle is a message signature over these bytes; that the signature is right, cosign says.</summary>
    public static bool IsOver(ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> bundle)
    {
        try
        {
            return SignatureOver(payload, Parse(bundle)).Length > 0;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>The bundle again; null: not a layer that we wrote.</summary>
    /// <param name="content">Of an attestation's layer: the envelope. Of a signature's: what was signed.</param>
    public static StoredBundle? ToBundle(Descriptor layer, ReadOnlyMemory<byte> content)
    {
        try
        {
            if (layer.Annotations is not { } annotations || !annotations.TryGetValue(Material, out var material))
                return null;
            var bundle = new JsonObject { ["mediaType"] = MediaTypes.SigstoreBundle, ["verificationMaterial"] = JsonNode.Parse(material) };
            if (layer.MediaType == LegacyLayer.SimpleSigning)
                bundle["messageSignature"] = new JsonObject
                {
                    ["messageDigest"] = new JsonObject { ["algorithm"] = "SHA2_256", ["digest"] = Convert.ToBase64String(Convert.FromHexString(Digest.Of(content.Span).Hex)) },
                    ["signature"] = annotations[LegacyLayer.SignatureAnnotation],
                };
            else
                bundle["dsseEnvelope"] = WithoutKeyId(JsonNode.Parse(content.Span)!.AsObject());
            return new StoredBundle(
                layer.MediaType == LegacyLayer.SimpleSigning ? PredicateTypes.SimpleSigning : annotations.GetValueOrDefault(LegacyLayer.PredicateTypeAnnotation) ?? "",
                JsonSerializer.SerializeToUtf8Bytes(bundle, OciJson.Plain.JsonObject));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or NullReferenceException or ArgumentException)
        {
            return null;
        }
    }

    private static JsonObject WithoutKeyId(JsonObject envelope)
    {
        var copy = envelope.DeepClone().AsObject();
        (copy["signatures"]![0] as JsonObject)?.Remove("keyid");
        return copy;
    }

    private static string SignatureOver(ReadOnlyMemory<byte> payload, JsonObject bundle)
    {
        if (bundle["messageSignature"] is not JsonObject message || message["signature"]?.GetValueKind() != JsonValueKind.String || message["messageDigest"]?["digest"]?.GetValueKind() != JsonValueKind.String)
            throw new FormatException("it is no signature of a message");
        return message["messageDigest"]!["digest"]!.GetValue<string>() == Convert.ToBase64String(Convert.FromHexString(Digest.Of(payload.Span).Hex))
            ? message["signature"]!.GetValue<string>()
            : throw new FormatException("it signs something else than it was given");
    }

    private static SortedDictionary<string, string> Annotations(JsonObject bundle, string signature, params (string Name, string Value)[] more)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { [LegacyLayer.SignatureAnnotation] = signature };
        foreach (var (name, value) in more)
            annotations[name] = value;
        var material = bundle["verificationMaterial"] as JsonObject ?? throw new FormatException("it has no verification material");
        annotations[Material] = material.ToJsonString();
        if ((string?)material["certificate"]?["rawBytes"] is { } certificate)
            annotations[Certificate] = $"-----BEGIN CERTIFICATE-----\n{string.Join('\n', certificate.Chunk(64).Select(line => new string(line)))}\n-----END CERTIFICATE-----\n";
        if (material["tlogEntries"] is JsonArray { Count: > 0 } entries && entries[0] is JsonObject entry && (string?)entry["inclusionPromise"]?["signedEntryTimestamp"] is { } promise)
            annotations[Log] = new JsonObject
            {
                ["SignedEntryTimestamp"] = promise,
                ["Payload"] = new JsonObject
                {
                    ["body"] = (string?)entry["canonicalizedBody"],
                    ["integratedTime"] = Number(entry["integratedTime"]),
                    ["logIndex"] = Number(entry["logIndex"]),
                    ["logID"] = Convert.ToHexStringLower(Convert.FromBase64String((string)entry["logId"]!["keyId"]!)),
                },
            }.ToJsonString();
        if (material["timestampVerificationData"]?["rfc3161Timestamps"] is JsonArray { Count: > 0 } timestamps && (string?)timestamps[0]?["signedTimestamp"] is { } stamp)
            annotations[Timestamp] = new JsonObject { ["SignedRFC3161Timestamp"] = stamp }.ToJsonString();
        return annotations;
    }

    private static long Number(JsonNode? value) => long.Parse(value?.ToString() ?? throw new FormatException("its log entry is incomplete"), System.Globalization.CultureInfo.InvariantCulture);

    private static JsonObject Parse(ReadOnlyMemory<byte> bundle)
    {
        try
        {
            return JsonNode.Parse(bundle.Span, documentOptions: Statement.ReadOptions) as JsonObject ?? throw new FormatException("it is no JSON object");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"it is not valid JSON: {exception.Message}", exception);
        }
    }
}

/// <summary>SupplyChainSignatureFormat.</summary>
internal enum SignatureFormat
{
    /// <summary>Sigstore bundles as OCI referrers.</summary>
    Bundle,

    /// <summary>The tags <c>sha256-HEX.sig</c> and <c>.att</c>, for verifiers that know nothing else.</summary>
    Legacy,
    Both,
}
