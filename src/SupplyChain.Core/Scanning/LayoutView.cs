using System.Text.Json;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Scanning;

/// <summary>Stands in until the one in Images/ lands: a folder that shows one platform of a layout.</summary>
internal static class LayoutView
{
    public static string Create(ImageLayout image, PlatformImage platform, string directory)
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
        Directory.CreateDirectory(directory);
        Directory.CreateSymbolicLink(Path.Combine(directory, "blobs"), Path.Combine(image.Directory, "blobs"));
        File.Copy(Path.Combine(image.Directory, "oci-layout"), Path.Combine(directory, "oci-layout"));
        var index = new OciIndex(2, MediaTypes.OciIndex, [platform.Manifest with { Annotations = null }]);
        File.WriteAllBytes(Path.Combine(directory, "index.json"), JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Plain.OciIndex));
        return directory;
    }
}
