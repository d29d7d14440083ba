using System.Text;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>A small image in a layout folder, as OpenImage leaves one; and evidence about it.</summary>
internal static class SampleImage
{
    public static ImageLayout Write(TestFolder folder, string text = "hello", int layerSize = 1000, params string[] architectures)
    {
        var directory = folder.File($"image-{text}");
        Directory.CreateDirectory(Path.Combine(directory, "blobs", "sha256"));
        var platforms = (architectures is [] ? ["amd64"] : architectures).Select(architecture =>
        {
            Descriptor[] layers =
            [
                Blob(directory, "application/vnd.oci.image.layer.v1.tar", Bytes(layerSize, "base")),
                Blob(directory, "application/vnd.oci.image.layer.v1.tar", Bytes(layerSize / 2, text + architecture)),
            ];
            // Not compressed, so that the diff ids are the layers' own digests.
            var diffIds = string.Join(',', layers.Select(l => $"\"{l.Digest}\""));
            var config = Blob(directory, MediaTypes.OciConfig, Encoding.UTF8.GetBytes($$"""{"architecture":"{{architecture}}","os":"linux","rootfs":{"type":"layers","diff_ids":[{{diffIds}}]},"author":"{{text}}"}"""));
            var manifest = new OciManifest(2, MediaTypes.OciManifest, config, layers);
            var descriptor = Blob(directory, MediaTypes.OciManifest, JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Plain.OciManifest));
            return new PlatformImage(new Platform("linux", architecture), descriptor, config, layers);
        }).ToArray();
        var root = platforms.Length == 1 ? platforms[0].Manifest : Blob(directory, MediaTypes.OciIndex, JsonSerializer.SerializeToUtf8Bytes(
            new OciIndex(2, MediaTypes.OciIndex, [.. platforms.Select(p => p.Manifest with { Platform = new DescriptorPlatform(p.Platform.Architecture, "linux") })]), OciJson.Plain.OciIndex));
        return new ImageLayout(directory, root, platforms);
    }

    public static GateVerdict Passed(ImageLayout image) => new(image.Root.Digest, true, [], "0 critical; threshold Critical: passed");

    public static SignedEvidence Evidence(TestFolder folder, Digest subject, string predicateType = PredicateTypes.CosignSignature, string text = "one")
    {
        var file = folder.File($"{text}-{predicateType.GetHashCode(StringComparison.Ordinal)}.sigstore.json");
        WriteBundle(file, subject, predicateType, text);
        return new SignedEvidence(subject, predicateType, file);
    }

    /// <summary>A bundle in form; its signature is none.</summary>
    public static void WriteBundle(string file, Digest subject, string predicateType, string text = "one", byte[]? certificate = null, IReadOnlyList<Digest>? others = null)
    {
        var material = certificate is null ? $$$"""{"publicKey":{"hint":"{{{text}}}"}}""" : $$$"""{"certificate":{"rawBytes":"{{{Convert.ToBase64String(certificate)}}}"}}""";
        var payload = Convert.ToBase64String(Statement.Write(subject, null, predicateType, "{}"u8.ToArray(), others));
        File.WriteAllText(file, $$$"""
            {"mediaType":"{{{MediaTypes.SigstoreBundle}}}","verificationMaterial":{{{material}}},
            "dsseEnvelope":{"payloadType":"{{{Statement.PayloadType}}}","payload":"{{{payload}}}","signatures":[{"sig":"c2ln"}]}}
            """);
    }

    public static byte[] Bytes(int length, string seed)
    {
        var content = new byte[length];
        new Random(seed.Sum(c => c) + length).NextBytes(content);
        return content;
    }

    public static Descriptor Describe(byte[] content, string mediaType = "application/octet-stream") => new(mediaType, Digest.Of(content), content.Length);

    private static Descriptor Blob(string directory, string mediaType, byte[] content)
    {
        var descriptor = Describe(content, mediaType);
        File.WriteAllBytes(Path.Combine(directory, "blobs", "sha256", descriptor.Digest.Hex), content);
        return descriptor;
    }
}
