using System.Collections.Concurrent;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// Where the image goes: the repository of a registry, or an OCI layout folder in the output. One for a whole publish, so that connections,
/// credentials and tokens are asked for once.
/// </summary>
internal sealed class Destination : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient? _http;
    private readonly string? _authorityFile;
    private readonly RememberedCredentials? _credentials;
    private readonly Func<string, string?> _environment;
    private readonly ImageReference? _elsewhere;
    private readonly RememberedCredentials? _elsewhereCredentials;
    private readonly ConcurrentDictionary<Digest, IReadOnlyList<StoredBundle>> _evidence = [];
    private (Digest Image, Task<bool> IsThere)? _lookup;

    public Destination(PublishPlan plan, Func<string, string?> environment, TimeProvider clock)
    {
        (_environment, _authorityFile) = (environment, plan.Tools?.CertificateAuthorityFile);
        if (plan.ToLayout)
        {
            Store = new LayoutStore(plan.LayoutDirectory, plan.Repository.Repository, clock);
            Evidence = new EvidencePlace(Store, SignatureFormat.Bundle, clock);
            return;
        }

        _http = RegistryHttp.CreateClient(plan.Tools?.CertificateAuthorityFile);
        _credentials = new RememberedCredentials(DockerCredentials.OfThisUser(environment, line => Log(line)));
        var settings = new RegistrySettings(environment, line => Log(line), clock) { TrustedAuthenticationHosts = plan.TrustedAuthenticationHosts };
        Store = new RegistryStore(plan.Repository, _http, _credentials, settings with { MountFrom = plan.BaseRepository });
        _elsewhere = EvidencePlace.Repository(environment);
        _elsewhereCredentials = _elsewhere is null || _elsewhere.Registry == plan.Repository.Registry ? _credentials : new RememberedCredentials(DockerCredentials.OfThisUser(environment, line => Log(line)));
        Evidence = new EvidencePlace(_elsewhere is null ? Store : new RegistryStore(_elsewhere, _http, _elsewhereCredentials, settings), plan.SignatureFormat, clock) { ImageRepository = plan.Repository };
    }

    public IImageStore Store { get; }

    public EvidencePlace Evidence { get; }

    /// <summary>Takes lines of low importance; each task puts its own log here.</summary>
    public Action<string> Log { get; set; } = _ => { };

    /// <summary>How cosign reaches the registry: as we did, with the very credentials that we used.</summary>
    public async Task<RegistryAccess> AccessAsync(CancellationToken cancellationToken)
    {
        if (_credentials is null)
            return new RegistryAccess();
        var access = RegistryAccess.For(Store.Repository.Registry!, (await _credentials.FindAsync(Store.Repository, cancellationToken)).Credential, _environment) with { CertificateAuthorityFile = _authorityFile };
        return _elsewhere?.Registry is { } registry && registry != Store.Repository.Registry && (await _elsewhereCredentials!.FindAsync(_elsewhere, cancellationToken)).Credential is { } credential
            ? access with { Elsewhere = (registry, credential) }
            : access;
    }

    /// <summary>
    /// Opens the connection and asks for the tags while the SDK builds the image, so that the push finds credentials, token and connection ready.
    /// What goes wrong here goes wrong again in the push, which says so; only reading is done.
    /// </summary>
    public void Greet(IReadOnlyList<string> tags)
    {
        if (_http is not null)
            _ = Task.Run(() => Task.WhenAll(tags.Select(tag => Store.ResolveTagAsync(tag, _stop.Token))));
    }

    /// <summary>Asks whether the image is there already, while it is being scanned: only then can it have evidence of an earlier publish.</summary>
    public void LookUp(Digest image) => _lookup = (image, Task.Run(() => AskAsync(image, _stop.Token)));

    /// <summary>What <see cref="LookUp"/> has found; asked now where that was not done or has failed.</summary>
    public async Task<bool> HasImageAsync(Digest image, CancellationToken cancellationToken)
    {
        if (_lookup is { } lookup && lookup.Image == image)
        {
            await Task.WhenAny(lookup.IsThere).WaitAsync(cancellationToken);
            if (lookup.IsThere.IsCompletedSuccessfully)
                return lookup.IsThere.Result;
        }

        return await AskAsync(image, cancellationToken);
    }

    /// <summary>What <see cref="ReadEvidenceAsync"/> has found before, in this publish; null: it was not asked for.</summary>
    public IReadOnlyList<StoredBundle>? EvidenceSeen(Digest image) => _evidence.GetValueOrDefault(image);

    /// <summary>What lies with an image, unverified, for the decision what can be kept. (The last verification reads for itself.)</summary>
    public async Task<IReadOnlyList<StoredBundle>> ReadEvidenceAsync(Descriptor image, CancellationToken cancellationToken) =>
        _evidence[image.Digest] = await Evidence.ReadAsync(image, cancellationToken);

    /// <summary>It has been decided what is kept; whoever may write there may have put a lot there.</summary>
    public void ForgetEvidence() => _evidence.Clear();

    private async Task<bool> AskAsync(Digest image, CancellationToken cancellationToken) =>
        await Store.ReadManifestAsync(image, cancellationToken) is not null;

    public void Dispose()
    {
        _stop.Cancel();
        _http?.Dispose();
        _stop.Dispose();
    }
}

/// <summary>Asks a helper program once a publish, not once a step.</summary>
internal sealed class RememberedCredentials(ICredentialSource source) : ICredentialSource
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private CredentialLookup? _found;

    public async Task<CredentialLookup> FindAsync(ImageReference repository, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return _found ??= await source.FindAsync(repository, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }
}
