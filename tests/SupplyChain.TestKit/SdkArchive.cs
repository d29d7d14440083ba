using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using SupplyChain.Core.Images;

namespace SupplyChain.TestKit;

/// <summary>
/// An OCI archive with the entries, order and JSON that the .NET SDK writes (layers, configuration, manifest of each platform; nested index;
/// index.json; oci-layout), small, and with real layers that container runtimes take. The same input gives the same digests.
/// </summary>
internal sealed class SdkArchive
{
    private readonly string _repository;
    private readonly List<Descriptor> _manifests = [];

    private SdkArchive(string repository) => _repository = repository;

    /// <summary>The entries in order; a test may change them before <see cref="Write"/>.</summary>
    public List<TarEntry> Entries { get; } = [];

    /// <summary>Manifest or nested index: what index.json names.</summary>
    public Descriptor Root { get; private set; } = null!;

    public static SdkArchive OfOnePlatform(params string[] tags) => OfOnePlatform(MediaTypes.OciLayerGzip, tags);

    /// <param name="baseLayerType">The media type of the lower layer: Docker's own with an old base image.</param>
    public static SdkArchive OfOnePlatform(string baseLayerType, string[] tags)
    {
        var archive = new SdkArchive("contoso/hello");
        archive.Root = archive.AddImage("amd64", baseLayerType, "hello from amd64");
        archive.AddIndexJson(tags);
        return archive;
    }

    /// <summary>Both platforms share the base layer, so it stands twice.</summary>
    public static SdkArchive OfTwoPlatforms(params string[] tags)
    {
        var archive = new SdkArchive("contoso/hello");
        archive._manifests.Add(archive.AddImage("amd64", MediaTypes.OciLayerGzip, "hello from amd64") with { Platform = new("amd64", "linux") });
        archive._manifests.Add(archive.AddImage("arm64", MediaTypes.OciLayerGzip, "hello from arm64") with { Platform = new("arm64", "linux") });
        archive.Root = archive.AddBlob(MediaTypes.OciIndex, OciJson.Plain.OciIndex, new OciIndex(2, MediaTypes.OciIndex, archive._manifests));
        archive.AddIndexJson(tags);
        return archive;
    }

    /// <summary>What the SDK 10 makes of an application at a certain time: that time stands in the configuration and in labels; the layer is the caller's.</summary>
    /// <param name="appTar">The uncompressed application layer.</param>
    public static SdkArchive OfApplication(byte[] appTar, DateTimeOffset built, string layerType = MediaTypes.OciLayerGzip, Func<string, string>? changeConfig = null, params string[] architectures)
    {
        var archive = new SdkArchive("contoso/hello");
        var images = (architectures.Length > 0 ? architectures : ["amd64"]).Select(architecture =>
        {
            var (baseLayer, baseDiffId) = archive.AddLayer(MediaTypes.OciLayerGzip, "etc/os-release", "ID=test\n");
            var app = archive.AddBlob(layerType, Gzip(appTar));
            var time = built.UtcDateTime.ToString("o", System.Globalization.CultureInfo.InvariantCulture);
            var config = $$$"""{"config":{"Labels":{"org.opencontainers.image.created":"{{{time}}}","org.opencontainers.artifact.created":"{{{time}}}","org.opencontainers.image.version":"1.0.0"},"Entrypoint":["dotnet","/app/hello.dll"]},"created":"{{{time}}}","rootfs":{"type":"layers","diff_ids":["{{{baseDiffId}}}","{{{Digest.Of(appTar)}}}"]},"architecture":"{{{architecture}}}","os":"linux","history":[{"created":"2020-01-01T00:00:00Z","created_by":"Debian"},{"author":".NET SDK","created":"{{{time}}}","created_by":".NET SDK Container Tooling, version 10.0.100"}]}""";
            return archive.AddBlob(MediaTypes.OciManifest, OciJson.Plain.OciManifest, new OciManifest(
                2, MediaTypes.OciManifest, archive.AddBlob(MediaTypes.OciConfig, Encoding.UTF8.GetBytes(changeConfig?.Invoke(config) ?? config)), [baseLayer, app])) with
            { Platform = new(architecture, "linux") };
        }).ToList();
        archive.Root = images.Count == 1 ? images[0] with { Platform = null } : archive.AddBlob(MediaTypes.OciIndex, OciJson.Plain.OciIndex, new OciIndex(2, MediaTypes.OciIndex, images));
        archive.AddIndexJson(["1.0"]);
        return archive;
    }

    public void Write(string file)
    {
        using var stream = File.Create(file);
        Write(stream);
    }

    public byte[] ToBytes()
    {
        var stream = new MemoryStream();
        Write(stream);
        return stream.ToArray();
    }

    public static TarEntry FileEntry(string name, byte[] content) =>
        new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content), ModificationTime = DateTimeOffset.UnixEpoch };

    public static TarEntry FileEntry(string name, string content) => FileEntry(name, Encoding.UTF8.GetBytes(content));

    /// <summary>Puts other content in the place of the first entry of this name.</summary>
    public void Replace(string name, string content) => Entries[Entries.FindIndex(entry => entry.Name == name)] = FileEntry(name, content);

    public string Text(string name) => Encoding.UTF8.GetString(((MemoryStream)Entries.First(entry => entry.Name == name).DataStream!).ToArray());

    /// <summary>Replaces text in the root document (and so its digest and size), and in index.json accordingly.</summary>
    public void ChangeRoot(Func<string, string> change)
    {
        var old = Root;
        var content = Encoding.UTF8.GetBytes(change(Text(BlobName(old.Digest))));
        Entries.RemoveAll(entry => entry.Name == BlobName(old.Digest));
        Root = AddBlob(old.MediaType, content);
        Replace("index.json", Text("index.json").Replace(old.Digest.ToString(), Root.Digest.ToString()).Replace($"\"size\":{old.Size}", $"\"size\":{Root.Size}"));
    }

    public Descriptor AddBlob(string mediaType, byte[] content)
    {
        var descriptor = new Descriptor(mediaType, Digest.Of(content), content.Length);
        Entries.Add(FileEntry(BlobName(descriptor.Digest), content));
        return descriptor;
    }

    public static string BlobName(Digest digest) => $"blobs/sha256/{digest.Hex}";

    private Descriptor AddBlob<T>(string mediaType, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, T document) =>
        AddBlob(mediaType, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(document, type));

    private Descriptor AddImage(string architecture, string baseLayerType, string text)
    {
        var (baseLayer, baseDiffId) = AddLayer(baseLayerType, "etc/os-release", "ID=test\n");
        var (appLayer, appDiffId) = AddLayer(MediaTypes.OciLayerGzip, "app/hello.txt", text);
        var config = AddBlob(MediaTypes.OciConfig, Encoding.UTF8.GetBytes(
            $$$"""{"config":{"Env":["PATH=/usr/bin"],"WorkingDir":"/app/","Entrypoint":["dotnet","/app/hello.dll"],"Labels":{"org.opencontainers.image.version":"1.0.0"}},"created":"2026-01-02T03:04:05.0000000Z","history":[{"created_by":".NET SDK"}],"architecture":"{{{architecture}}}","os":"linux","rootfs":{"type":"layers","diff_ids":["{{{baseDiffId}}}","{{{appDiffId}}}"]}}"""));
        return AddBlob(MediaTypes.OciManifest, OciJson.Plain.OciManifest, new OciManifest(2, MediaTypes.OciManifest, config, [baseLayer, appLayer]));
    }

    private (Descriptor Layer, Digest DiffId) AddLayer(string mediaType, string path, string content)
    {
        var tar = new MemoryStream();
        // Not pax: its headers carry the process id, so that every run would give another digest.
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), ModificationTime = DateTimeOffset.UnixEpoch });
        return (AddBlob(mediaType, Gzip(tar.ToArray())), Digest.Of(tar.ToArray()));
    }

    private static byte[] Gzip(byte[] content)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return compressed.ToArray();
    }

    private void AddIndexJson(string[] tags)
    {
        var descriptors = tags.Select(tag =>
            $$$"""{"mediaType":"{{{Root.MediaType}}}","size":{{{Root.Size}}},"digest":"{{{Root.Digest}}}","platform":{},"annotations":{"io.containerd.image.name":"docker.io/{{{_repository}}}:{{{tag}}}","org.opencontainers.image.ref.name":"{{{tag}}}"}}""");
        Entries.Add(FileEntry("index.json", $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1\u002Bjson","manifests":[{{string.Join(',', descriptors)}}]}"""));
        Entries.Add(FileEntry("oci-layout", """{"imageLayoutVersion": "1.0.0"}"""));
    }

    private void Write(Stream stream)
    {
        using var writer = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var entry in Entries)
        {
            if (entry.DataStream is { } content)
                content.Position = 0;
            writer.WriteEntry(entry);
        }
    }
}
