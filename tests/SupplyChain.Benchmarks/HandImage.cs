using System.Text.Json;
using SupplyChain.Core.Images;

namespace SupplyChain.Benchmarks;

/// <summary>An image in a layout, and the folder for what is made of it.</summary>
/// <param name="Digest">Of one image of several; empty: of the only one.</param>
internal sealed record HandImage(string Digest, string Layout, string Folder)
{
    public string File(string name) => Path.Combine(Folder, name);

    /// <param name="root">repository@digest of what was pushed.</param>
    public string NameIn(string root) => Digest.Length == 0 ? root : $"{root.Split('@')[0]}@{Digest}";

    /// <summary>Trivy looks at one image of an index only, whatever it is told; so each gets a layout of its own that leads to the same blobs.</summary>
    public static IReadOnlyList<HandImage> Split(string layout, string folder)
    {
        var root = Read(Path.Combine(layout, "index.json")).Manifests[0].Digest;
        return [.. Read(Path.Combine(layout, "blobs", "sha256", root.Hex)).Manifests.Select(manifest =>
        {
            var own = Directory.CreateDirectory(Path.Combine(folder, manifest.Digest.Hex)).FullName;
            Directory.CreateSymbolicLink(Path.Combine(own, "blobs"), Path.Combine(layout, "blobs"));
            OciLayoutFiles.Write(own, manifest);
            return new HandImage(manifest.Digest.ToString(), own, own);
        })];
    }

    private static OciIndex Read(string file) => JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(file), OciJson.Plain.OciIndex)!;
}
