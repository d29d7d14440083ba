using System.Text;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Stores;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>The smallest image there is, written by digest.</summary>
internal static class SmallImage
{
    public static async Task<Descriptor> WriteAsync(IImageStore store, string content = "hello")
    {
        var layer = await WriteBlobAsync(store, "application/vnd.oci.image.layer.v1.tar", Encoding.UTF8.GetBytes(content));
        var config = await WriteBlobAsync(store, MediaTypes.OciConfig, """{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"""u8.ToArray());
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new OciManifest(2, MediaTypes.OciManifest, config, [layer]), OciJson.Plain.OciManifest);
        var root = new Descriptor(MediaTypes.OciManifest, Digest.Of(manifest), manifest.Length);
        await store.WriteManifestAsync(root, manifest, SigningFixture.Token);
        return root;
    }

    public static RegistryStore Registry(string host, string repository, HttpClient http, ICredentialSource? credentials = null) => new(
        new ImageReference(host, repository), http, credentials ?? new NoCredentials(), new RegistrySettings(_ => null, _ => { }, new InstantClock()));

    private static async Task<Descriptor> WriteBlobAsync(IImageStore store, string mediaType, byte[] content)
    {
        var blob = new Descriptor(mediaType, Digest.Of(content), content.Length);
        await store.WriteBlobAsync(blob, () => new MemoryStream(content), SigningFixture.Token);
        return blob;
    }

    private sealed class NoCredentials : ICredentialSource
    {
        public Task<CredentialLookup> FindAsync(ImageReference repository, CancellationToken cancellationToken) => Task.FromResult(new CredentialLookup(null, "none"));
    }
}

/// <summary>One user name and password for every registry.</summary>
internal sealed class OneCredential(string userName, string password) : ICredentialSource
{
    public RegistryCredential Credential { get; } = new("a test") { UserName = userName, Password = password };

    public Task<CredentialLookup> FindAsync(ImageReference repository, CancellationToken cancellationToken) => Task.FromResult(new CredentialLookup(Credential, "a test"));
}
