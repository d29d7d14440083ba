using System.Text.Json;

namespace SupplyChain.Core.Images;

/// <summary>The two files of an OCI layout that are no blobs (OCI image specification 1.1, image-layout.md).</summary>
internal static class OciLayoutFiles
{
    internal static ReadOnlySpan<byte> Marker => """{"imageLayoutVersion":"1.0.0"}"""u8;

    /// <summary>Writes <c>oci-layout</c> and an <c>index.json</c> of exactly one descriptor.</summary>
    internal static void Write(string directory, Descriptor root)
    {
        File.WriteAllBytes(Path.Combine(directory, "index.json"), Index([root]));
        File.WriteAllBytes(Path.Combine(directory, "oci-layout"), Marker);
    }

    internal static byte[] Index(IReadOnlyList<Descriptor> manifests) =>
        JsonSerializer.SerializeToUtf8Bytes(new OciIndex(2, MediaTypes.OciIndex, manifests), OciJson.Plain.OciIndex);
}
