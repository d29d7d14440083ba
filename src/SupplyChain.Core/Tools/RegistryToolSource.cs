using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Tools;

/// <summary>
/// A repository of a registry that somebody has pushed the files of releases to, under whatever tag (<c>oras push registry.example.com/tools:2026-11
/// cosign-linux-amd64</c>). A blob is found by its digest, and that is the pinned hash: no tag is asked for, so none can be moved.
/// </summary>
internal sealed class RegistryToolSource : IToolSource
{
    /// <summary>How the setting names one.</summary>
    public const string Scheme = "oci://";

    private readonly HttpClient _http;
    private readonly RegistryStore _store;

    /// <param name="repository">Registry and repository.</param>
    /// <param name="http">From <see cref="RegistryHttp"/>; disposed of with this.</param>
    public RegistryToolSource(ImageReference repository, HttpClient http, Func<string, string?> environment, TimeProvider clock)
    {
        _http = http;
        _store = new RegistryStore(repository, http, DockerCredentials.OfThisUser(environment, _ => { }), new RegistrySettings(environment, _ => { }, clock) { Writes = false });
    }

    public string Describe(string path) => $"{Scheme}{_store.Repository.Name} ({path})";

    /// <summary>What goes wrong in the registry is said in its own words (SCB40xx).</summary>
    public async Task<SourceFile?> OpenAsync(string path, string? sha256, CancellationToken cancellationToken) =>
        sha256 is not null && Digest.TryParse($"sha256:{sha256}", out var digest) && await _store.OpenBlobAsync(digest, cancellationToken) is { } response
            ? new SourceFile(await response.Content.ReadAsStreamAsync(cancellationToken), response.Content.Headers.ContentLength)
            : null;

    public void Dispose() => _http.Dispose();
}
