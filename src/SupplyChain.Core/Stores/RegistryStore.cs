using System.Net;
using System.Net.Http.Headers;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>What a registry store needs from outside.</summary>
/// <param name="Environment">Reads an environment variable.</param>
/// <param name="Log">Takes lines of low importance, without secrets.</param>
internal sealed record RegistrySettings(Func<string, string?> Environment, Action<string> Log, TimeProvider Clock)
{
    /// <summary>False: only reads, and asks for no more than the right to pull.</summary>
    public bool Writes { get; init; } = true;

    /// <summary>Hosts that may receive the registry's credentials though they are not its own (SupplyChainTrustedAuthenticationHost).</summary>
    public IReadOnlyCollection<string> TrustedAuthenticationHosts { get; init; } = [];

    /// <summary>A repository of the same registry that probably has the base layers; null: mount nothing.</summary>
    public string? MountFrom { get; init; }

    public RetryPolicy Retries { get; init; } = RetryPolicy.Default(Clock, Log);
}

/// <summary>One repository of a registry (OCI distribution specification 1.1). Everything read is checked against its digest, everything written is read back.</summary>
internal sealed class RegistryStore : IImageStore
{
    internal const string ManifestTypes =
        $"{MediaTypes.OciIndex}, {MediaTypes.OciManifest}, {MediaTypes.DockerManifestList}, {MediaTypes.DockerManifest}";

    private readonly RegistryClient _client;
    private readonly RegistryReferrers _referrers;
    private readonly BlobUpload _upload;
    private readonly RegistrySettings _settings;

    /// <param name="repository">Registry and repository; tag and digest are not looked at.</param>
    /// <param name="http">From <see cref="RegistryHttp"/>; shared by all stores of a run and disposed by its owner.</param>
    /// <exception cref="DiagnosticException">SCB4008: the registry or the repository has no usable name.</exception>
    public RegistryStore(ImageReference repository, HttpClient http, ICredentialSource credentials, RegistrySettings settings)
    {
        Repository = new ImageReference(repository.Registry, repository.Repository);
        _settings = settings;
        var endpoint = RegistryEndpoint.For(repository.Registry ?? "", settings.Environment);
        DestinationNames.CheckRepository(repository.Repository);
        var mask = new SecretMask();
        var retries = settings.Retries with { Log = line => settings.Log(mask.Apply(line)) };
        var scope = Scope(repository.Repository, settings.Writes ? "pull,push" : "pull");
        var authentication = new RegistryAuthentication(endpoint, Repository, http, credentials, settings.TrustedAuthenticationHosts, retries, mask);
        _client = new RegistryClient(endpoint, Repository, http, authentication, scope, retries, mask);
        _referrers = new RegistryReferrers(_client, this, line => settings.Log(mask.Apply(line)));
        _upload = new BlobUpload(_client);
    }

    public ImageReference Repository { get; }

    public Task<bool> HasBlobAsync(Descriptor blob, CancellationToken cancellationToken) =>
        _client.Retries.RunAsync((_, token) => HasBlobOnceAsync(blob, token), cancellationToken);

    public async Task<Stream> ReadBlobAsync(Descriptor blob, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Get, _client.Address($"blobs/{blob.Digest}"));
        var response = await _client.OpenAsync(request, cancellationToken)
            ?? throw _client.Failure(DiagnosticCodes.RegistryError, $"{Repository.Name} has no blob {blob.Digest}. Publish the image again.");
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        return new VerifyingStream(stream, blob, response, why => _client.Failure(
            DiagnosticCodes.RegistryReadBackDiffers,
            $"{Repository.Name} returned other content than blob {blob.Digest}: {why}. Nothing of it was used. The registry, or a proxy before it, changes or damages what it serves."));
    }

    /// <summary>A blob whose size nobody knows, as it comes and not compared with its digest; null: the registry does not have it.</summary>
    internal Task<HttpResponseMessage?> OpenBlobAsync(Digest blob, CancellationToken cancellationToken) =>
        _client.OpenAsync(new RegistryRequest(HttpMethod.Get, _client.Address($"blobs/{blob}")), cancellationToken);

    public async Task<bool> MountBlobAsync(Descriptor blob, CancellationToken cancellationToken)
    {
        if (_settings.MountFrom is not { } from || from == Repository.Repository)
            return false;
        var request = new RegistryRequest(HttpMethod.Post, _client.Address($"blobs/uploads/?mount={blob.Digest}&from={Uri.EscapeDataString(from)}"))
        {
            Content = () => new ByteArrayContent([]),
            OtherScope = Scope(from, "pull"),
        };
        var answer = await _client.AskAsync(request, cancellationToken);
        // 202: not mounted, an upload was begun instead; it is left to expire. Refusals are no error either: the blob is then uploaded.
        return answer.Status == HttpStatusCode.Created && await HasBlobAsync(blob, cancellationToken);
    }

    public async Task WriteBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellationToken)
    {
        await _upload.WriteAsync(blob, open, token => HasBlobOnceAsync(blob, token), cancellationToken);
        await ReadBackAsync($"blob {blob.Digest}", token => HasBlobOnceAsync(blob, token), cancellationToken);
    }

    public async Task<byte[]?> ReadManifestAsync(Digest digest, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Get, _client.Address($"manifests/{digest}")) { Accept = ManifestTypes };
        var answer = await _client.AskAsync(request, cancellationToken);
        if (answer.Status == HttpStatusCode.NotFound)
            return null;
        if (!answer.IsSuccess)
            throw _client.Failure(request, answer);
        if (answer.Body is null)
            throw _client.Failure(DiagnosticCodes.RegistryError, $"{Repository.Name} returned a manifest of more than 4 MiB for {digest}. It was not read.");
        var actual = Digest.Of(answer.Body);
        return actual == digest ? answer.Body : throw _client.Failure(
            DiagnosticCodes.RegistryReadBackDiffers,
            $"{Repository.Name} returned {actual} when asked for manifest {digest}. Nothing of it was used. The registry, or a proxy before it, changes what it serves.");
    }

    public Task WriteManifestAsync(Descriptor manifest, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        PutManifestAsync(manifest, content, cancellationToken);

    public Task<IReadOnlyList<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellationToken) =>
        _referrers.ListAsync(subject, cancellationToken);

    public async Task WriteReferrersAsync(Descriptor subject, IReadOnlyList<ManifestContent> referrers, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(referrers.Select(async referrer => (referrer.Descriptor, Answer: await PutManifestAsync(referrer.Descriptor, referrer.Content, cancellationToken))));
        // OCI-Subject is the registry's word that it has listed the referrer itself (OCI distribution 1.1, "Pushing Manifests with Subject").
        var unlisted = answers.Where(a => a.Answer.Header("OCI-Subject") != subject.Digest.ToString()).Select(a => a.Descriptor).ToArray();
        if (unlisted.Length > 0)
            await _referrers.AddToFallbackIndexAsync(subject.Digest, unlisted, cancellationToken);
    }

    public async Task<Digest?> ResolveTagAsync(string tag, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Head, _client.Address($"manifests/{tag}")) { Accept = ManifestTypes };
        var answer = await _client.AskAsync(request, cancellationToken);
        if (answer.IsSuccess && Digest.TryParse(answer.Header("Docker-Content-Digest"), out var digest))
            return digest;
        if (answer.Status == HttpStatusCode.NotFound)
            return null;
        return await ReadTagAsync(tag, cancellationToken) is { } read ? Digest.Of(read.Content) : null;
    }

    public async Task SetTagAsync(string tag, Descriptor manifest, CancellationToken cancellationToken, bool onlyIfNew = false)
    {
        var content = await ReadManifestAsync(manifest.Digest, cancellationToken)
            ?? throw _client.Failure(DiagnosticCodes.RegistryReadBackDiffers, $"{Repository.Name} no longer has {manifest.Digest}, so tag {tag} was not set. Publish again; if it happens again, look at the registry's clean-up rules.");
        var request = Put(tag, manifest.MediaType, content);
        var answer = await SendManifestAsync(onlyIfNew ? request with { Headers = [("If-None-Match", "*")] } : request, cancellationToken);
        // Most registries ignore the condition; one that does not know it at all may also say so.
        if (onlyIfNew && answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.NotImplemented && !RegistryErrors.SaysImmutable(answer.Status, answer.Body))
            answer = await SendManifestAsync(request, cancellationToken);
        if (answer.IsSuccess)
            return;
        if (RegistryErrors.SaysImmutable(answer.Status, answer.Body) || answer.Status is HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed)
        {
            // Some registries refuse even the same digest; and another publish of the same image may just have been faster.
            var current = await ResolveTagAsync(tag, cancellationToken);
            if (current == manifest.Digest)
                return;
            throw _client.Failure(
                DiagnosticCodes.TagPointsElsewhere,
                $"{Repository.Name} does not let tag {tag} be moved ({_client.Describe(answer)}): it points to {current?.Short ?? "another image"}, this image is {manifest.Digest.Short}. Publish a new version.");
        }
        throw _client.Failure(request, answer);
    }

    public async Task<IReadOnlyList<string>> ListTagsAsync(CancellationToken cancellationToken)
    {
        var tags = new List<string>();
        Uri? page = _client.Address("tags/list");
        for (var pages = 0; page is not null; pages++)
        {
            var request = new RegistryRequest(HttpMethod.Get, page) { Accept = "application/json" };
            var answer = await _client.AskAsync(request, cancellationToken);
            if (answer.Status == HttpStatusCode.NotFound)
                return [];
            if (!answer.IsSuccess)
                throw _client.Failure(request, answer);
            tags.AddRange(TagList.Read(answer.Body) ?? throw _client.Failure(DiagnosticCodes.RegistryError, $"{Repository.Name} answered with a list of tags that is none, or of more than 4 MiB. It was not read."));
            page = _client.NextPage(request, answer, "the list of tags");
            if (pages == TagList.MostPages)
                throw _client.Failure(DiagnosticCodes.RegistryError, $"{Repository.Name} lists its tags on more than {TagList.MostPages} pages. They were not read.");
        }
        return tags;
    }

    /// <summary>What a tag points to, with its bytes; null when there is no such tag.</summary>
    internal async Task<TaggedContent?> ReadTagAsync(string tag, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Get, _client.Address($"manifests/{tag}")) { Accept = ManifestTypes };
        var answer = await _client.AskAsync(request, cancellationToken);
        if (answer.Status == HttpStatusCode.NotFound)
            return null;
        // Artifactory answers 403 for a tag that does not exist (sigstore/cosign#2973). Where the repository itself can be read, that is what it means.
        if (answer.Status == HttpStatusCode.Forbidden && await MayReadAsync(cancellationToken))
            return null;
        if (!answer.IsSuccess)
            throw _client.Failure(request, answer);
        if (answer.Body is not { } body)
            throw _client.Failure(DiagnosticCodes.RegistryError, $"{Repository.Name} returned a manifest of more than 4 MiB for tag {tag}. It was not read.");
        // Nobody signs a list of referrers; that it was damaged is seen by what the registry itself says of it.
        if (Digest.TryParse(answer.Header("Docker-Content-Digest"), out var said) && said != Digest.Of(body))
            throw _client.Failure(
                DiagnosticCodes.RegistryReadBackDiffers,
                $"{Repository.Name} says that tag {tag} is {said}, and returned {Digest.Of(body)}. Nothing of it was used. The registry, or a proxy before it, damages what it serves.");
        return new TaggedContent(body, answer.Header("ETag"));
    }

    internal RegistryRequest Put(string reference, string mediaType, ReadOnlyMemory<byte> content) =>
        new(HttpMethod.Put, _client.Address($"manifests/{reference}"))
        {
            // Exactly the manifest's own type, without parameters.
            Content = () => new ReadOnlyMemoryContent(content) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } },
        };

    private async Task<RegistryAnswer> PutManifestAsync(Descriptor manifest, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (content.Length != manifest.Size || Digest.Of(content.Span) != manifest.Digest)
            throw new DiagnosticException(DiagnosticCodes.ImageChanged, $"the manifest {manifest.Digest} was changed after the image was opened. Nothing was tagged; publish again.");
        var request = Put(manifest.Digest.ToString(), manifest.MediaType, content);
        var answer = await SendManifestAsync(request, cancellationToken);
        if (!answer.IsSuccess)
            throw _client.Failure(request, answer);
        if (answer.Header("Docker-Content-Digest") is { Length: > 0 } stored && stored != manifest.Digest.ToString())
            throw _client.Failure(DiagnosticCodes.RegistryReadBackDiffers, $"{Repository.Name} stored manifest {manifest.Digest} as {SingleLine.Of(stored, 300)}. The registry, or a proxy before it, changes what it is given: nothing was tagged.");
        await ReadBackAsync($"manifest {manifest.Digest}", token => HasManifestOnceAsync(manifest.Digest, token), cancellationToken);
        return answer;
    }

    /// <summary>
    /// What is sent has been hashed, so a registry that finds another digest is wrong, or for a moment: docker-registry 2 says so while another client
    /// writes to the same repository, of which it then reads a file that is not yet written.
    /// </summary>
    private Task<RegistryAnswer> SendManifestAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        _client.Retries.RunAsync(
            async (_, token) =>
            {
                var answer = await _client.AskOnceAsync(request, token);
                return answer.Status == HttpStatusCode.BadRequest && RegistryErrors.Has(answer.Body, "DIGEST_INVALID")
                    ? throw new RegistryFault(_client.Failure(request, answer)) { Retries = 3 }
                    : answer;
            },
            cancellationToken);

    private async Task<bool> HasBlobOnceAsync(Descriptor blob, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Head, _client.Address($"blobs/{blob.Digest}"));
        var answer = await _client.AskOnceAsync(request, cancellationToken);
        if (answer.Status == HttpStatusCode.NotFound)
            return false;
        if (!answer.IsSuccess)
            throw _client.Failure(request, answer);
        // Another size: not this blob, whatever it is called. It is uploaded (again), and the read-back decides.
        return answer.Response.Content.Headers.ContentLength is not { } length || length == blob.Size;
    }

    private async Task<bool> HasManifestOnceAsync(Digest digest, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Head, _client.Address($"manifests/{digest}")) { Accept = ManifestTypes };
        var answer = await _client.AskOnceAsync(request, cancellationToken);
        if (answer.Status == HttpStatusCode.NotFound)
            return false;
        if (!answer.IsSuccess)
            throw _client.Failure(request, answer);
        return answer.Header("Docker-Content-Digest") is { Length: > 0 } header
            ? header == digest.ToString() ? true : throw Differs($"manifest {digest}")
            : await ReadManifestAsync(digest, cancellationToken) is not null;
    }

    /// <summary>A registry may need a moment until a write can be seen everywhere; one that never shows it has not stored it, whatever it answered.</summary>
    private Task ReadBackAsync(string what, Func<CancellationToken, Task<bool>> isThere, CancellationToken cancellationToken) =>
        _client.Retries.RunAsync(
            async (_, token) => await isThere(token) ? true : throw new RegistryFault(Differs(what)) { Retries = 3 },
            cancellationToken);

    private DiagnosticException Differs(string what) => _client.Failure(
        DiagnosticCodes.RegistryReadBackDiffers,
        $"{Repository.Name} accepted {what} and does not have it when asked. Nothing was tagged. The registry, or a proxy before it, loses what it is given.");

    private async Task<bool> MayReadAsync(CancellationToken cancellationToken) =>
        (await _client.AskAsync(new RegistryRequest(HttpMethod.Get, _client.Address("tags/list?n=1")), cancellationToken)).Status is HttpStatusCode.OK or HttpStatusCode.NotFound;

    private static string Scope(string repository, string actions) => $"repository:{repository}:{actions}";
}

/// <summary>A tag's manifest, and the entity tag for a conditional write.</summary>
internal sealed record TaggedContent(byte[] Content, string? EntityTag);
