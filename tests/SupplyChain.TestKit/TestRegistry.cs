using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace SupplyChain.TestKit;

/// <summary>How a <see cref="TestRegistry"/> behaves. The defaults are a registry that does all the OCI distribution specification 1.1 has.</summary>
internal sealed record TestRegistryOptions
{
    /// <summary>False: GET …/referrers/… is 404 and OCI-Subject is never sent, as docker-registry 2 does.</summary>
    public bool ReferrersApi { get; init; } = true;

    /// <summary>The API is there and its lists are always empty, as some hosted registries have it for a while; OCI-Subject is not sent.</summary>
    public bool EmptyReferrers { get; init; }

    /// <summary>A referrer whose subject is not there yet is refused, as GitLab does.</summary>
    public bool RequireSubject { get; init; }

    /// <summary>Before each answer.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>How fast bodies come in; null: as fast as they can.</summary>
    public int? BytesPerSecond { get; init; }

    /// <summary>How many referrers, or tags, a page has.</summary>
    public int PageSize { get; init; } = 1000;

    /// <summary>If-Match and If-None-Match of manifest PUTs are honoured (412).</summary>
    public bool ConditionalWrites { get; init; }

    /// <summary>Sent as OCI-Chunk-Min-Length; chunks but the last that are smaller are refused.</summary>
    public int? SmallestChunk { get; init; }

    /// <summary>Larger request bodies are answered with 413.</summary>
    public long LargestBody { get; init; } = long.MaxValue;

    /// <summary>A tag that exists cannot be written: the registry's status and error document.</summary>
    public HttpReply? ImmutableTags { get; init; }

    /// <summary>HTTP basic authentication, or the account of the token server at /token.</summary>
    public (string User, string Password)? Account { get; init; }

    /// <summary>Clients are sent for a bearer token; to /token of this server, unless <see cref="Realm"/> names another.</summary>
    public bool Tokens { get; init; }

    public string? Realm { get; init; }

    /// <summary>The token server takes this identity token (grant refresh_token).</summary>
    public string? IdentityToken { get; init; }
}

/// <summary>
/// A strict registry in this process, for what a real one cannot be made to do. It refuses unknown blobs, wrong digests and wrong content types, and
/// keeps every request. <see cref="Before"/> and <see cref="After"/> are the places for faults.
/// </summary>
internal sealed partial class TestRegistry : IAsyncDisposable
{
    private readonly LoopbackHttpServer _server;
    private readonly TestRegistryOptions _options;
    private readonly ConcurrentQueue<(HttpCall Call, int Status)> _calls = new();
    private readonly ConcurrentDictionary<string, byte[]> _blobs = new();
    private readonly ConcurrentDictionary<string, (string MediaType, byte[] Content)> _manifests = new();
    private readonly ConcurrentDictionary<string, string> _tags = new();
    private readonly ConcurrentDictionary<string, MemoryStream> _uploads = new();
    private readonly Lock _lock = new();

    public TestRegistry(TestRegistryOptions? options = null)
    {
        _options = options ?? new TestRegistryOptions();
        _server = new LoopbackHttpServer(AnswerAsync);
    }

    /// <summary>localhost:PORT, as it stands in an image reference.</summary>
    public string Host => _server.Host;

    /// <summary>Called first; what it returns is the answer, and the registry does nothing.</summary>
    public Func<HttpCall, HttpReply?> Before { get; set; } = _ => null;

    /// <summary>Called last; changes the answer after the registry has done what was asked.</summary>
    public Func<HttpCall, HttpReply, HttpReply> After { get; set; } = (_, reply) => reply;

    /// <summary>All requests so far, in the order of their answers.</summary>
    public IReadOnlyList<RegistryRequest> Requests => [.. _calls.Select(c => new RegistryRequest(c.Call.Method, c.Call.Target, c.Status))];

    /// <summary>The same with their headers.</summary>
    public IReadOnlyList<HttpCall> Calls => [.. _calls.Select(c => c.Call)];

    /// <summary>What a tag points to; null: no such tag.</summary>
    public string? Tag(string repository, string tag) => _tags.GetValueOrDefault($"{repository}:{tag}");

    public byte[]? Manifest(string repository, string reference) =>
        _manifests.GetValueOrDefault($"{repository}@{Tag(repository, reference) ?? reference}").Content;

    public bool HasBlob(string repository, string digest) => _blobs.ContainsKey($"{repository}@{digest}");

    /// <summary>Puts a blob in without a request.</summary>
    public string AddBlob(string repository, byte[] content)
    {
        _blobs[$"{repository}@{DigestOf(content)}"] = content;
        return DigestOf(content);
    }

    /// <summary>Puts a manifest in without a request and without a check, and tags it.</summary>
    public string AddManifest(string repository, string mediaType, byte[] content, string? tag = null)
    {
        var digest = DigestOf(content);
        _manifests[$"{repository}@{digest}"] = (mediaType, content);
        if (tag is not null)
            _tags[$"{repository}:{tag}"] = digest;
        return digest;
    }

    /// <summary>An upload has got this much when its connection breaks.</summary>
    /// <param name="path">The upload's address, without its query.</param>
    public void TakePart(string path, ReadOnlySpan<byte> content) => _uploads[path.Split('/')[^1]].Write(content);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public static string DigestOf(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    public static HttpReply Error(int status, string code, string message, params (string, string)[] headers) =>
        new(status, Encoding.UTF8.GetBytes(new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["code"] = code, ["message"] = message }) }.ToJsonString()), [("Content-Type", "application/json"), .. headers]);

    private static HttpReply Empty(int status, params (string, string)[] headers) => new(status, [], headers);

    private async Task<HttpReply> AnswerAsync(HttpCall call, CancellationToken cancellationToken)
    {
        if (_options.Latency > TimeSpan.Zero)
            await Task.Delay(_options.Latency, cancellationToken);
        var reply = Before(call) ?? Refusal(call) ?? await HandleAsync(call, cancellationToken);
        reply = After(call, reply);
        _calls.Enqueue((call, reply.Status));
        return reply;
    }

    private async Task<HttpReply> HandleAsync(HttpCall call, CancellationToken cancellationToken)
    {
        if (call.Path == "/token")
            return await TokenAsync(call, cancellationToken);
        if (!call.Path.StartsWith("/v2/", StringComparison.Ordinal))
            return Error(404, "UNSUPPORTED", "no such path");
        if (call.Headers.TryGetValue("Content-Length", out var length) && long.Parse(length, CultureInfo.InvariantCulture) > _options.LargestBody)
            return Error(413, "SIZE_INVALID", "request entity too large");
        var body = await call.ReadBodyAsync(cancellationToken);
        if (_options.BytesPerSecond is { } speed)
            await Task.Delay(TimeSpan.FromSeconds((double)body.Length / speed), cancellationToken);
        var path = call.Path[4..];
        foreach (var (part, handle) in new (string, Func<string, string, HttpReply>)[]
        {
            ("/blobs/uploads/", (repository, session) => Upload(call, repository, session, body)),
            ("/blobs/", (repository, digest) => _blobs.TryGetValue($"{repository}@{digest}", out var blob)
                ? new HttpReply(200, blob, ("Docker-Content-Digest", digest), ("Content-Type", "application/octet-stream"))
                : Error(404, "BLOB_UNKNOWN", "blob unknown to registry")),
            ("/manifests/", (repository, reference) => call.Method == "PUT" ? PutManifest(call, repository, reference, body) : GetManifest(repository, reference)),
            ("/referrers/", (repository, digest) => Referrers(call, repository, digest)),
            ("/tags/list", (repository, _) => Tags(call, repository)),
        })
        {
            var at = path.IndexOf(part, StringComparison.Ordinal);
            if (at > 0)
            {
                lock (_lock)
                    return handle(path[..at], path[(at + part.Length)..]);
            }
        }
        return call.Path == "/v2/" ? Empty(200) : Error(404, "UNSUPPORTED", "no such path");
    }

    private HttpReply Upload(HttpCall call, string repository, string session, byte[] body)
    {
        if (call.Method == "POST")
        {
            if (call.Query("mount") is { } mount && call.Query("from") is { } from && _blobs.TryGetValue($"{from}@{mount}", out var there))
            {
                _blobs[$"{repository}@{mount}"] = there;
                return Empty(201, ("Location", $"/v2/{repository}/blobs/{mount}"), ("Docker-Content-Digest", mount));
            }
            var id = Guid.NewGuid().ToString("N");
            _uploads[id] = new MemoryStream();
            var started = Empty(202, ("Location", $"/v2/{repository}/blobs/uploads/{id}?_state=ticket%2F1"));
            return _options.SmallestChunk is { } smallest ? started.With("OCI-Chunk-Min-Length", smallest.ToString(CultureInfo.InvariantCulture)) : started;
        }
        if (!_uploads.TryGetValue(session, out var upload) || call.Query("_state") != "ticket/1")
            return Error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
        (string, string)[] state = [("Location", call.Target.Split("&digest")[0]), ("Range", $"0-{Math.Max(0, upload.Length - 1)}")];
        switch (call.Method)
        {
            case "GET":
                return Empty(204, state);
            case "PATCH":
                var range = call.Headers.GetValueOrDefault("Content-Range", "").Split('-');
                if (range.Length != 2 || !long.TryParse(range[0], out var start) || start != upload.Length || long.Parse(range[1], CultureInfo.InvariantCulture) != start + body.Length - 1)
                    return Empty(416, state);
                upload.Write(body);
                return Empty(202, ("Location", state[0].Item2), ("Range", $"0-{upload.Length - 1}"));
            case "PUT":
                upload.Write(body);
                var content = upload.ToArray();
                _uploads.TryRemove(session, out _);
                if (DigestOf(content) != call.Query("digest"))
                    return Error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
                return Empty(201, ("Location", $"/v2/{repository}/blobs/{AddBlob(repository, content)}"), ("Docker-Content-Digest", DigestOf(content)));
            default:
                return Error(405, "UNSUPPORTED", "method not allowed");
        }
    }

    private HttpReply Tags(HttpCall call, string repository)
    {
        var all = _tags.Keys.Where(key => key.StartsWith($"{repository}:", StringComparison.Ordinal)).Select(key => key[(repository.Length + 1)..]).Order(StringComparer.Ordinal).ToArray();
        var rest = call.Query("last") is { } last ? all.Where(tag => string.CompareOrdinal(tag, last) > 0).ToArray() : all;
        var page = rest.Take(_options.PageSize).ToArray();
        var reply = new HttpReply(200, Encoding.UTF8.GetBytes(new JsonObject { ["name"] = repository, ["tags"] = new JsonArray([.. page.Select(tag => (JsonNode)tag)]) }.ToJsonString()), ("Content-Type", "application/json"));
        return page.Length < rest.Length ? reply.With("Link", $"</v2/{repository}/tags/list?last={page[^1]}>; rel=\"next\"") : reply;
    }

    private HttpReply GetManifest(string repository, string reference)
    {
        var digest = reference.Contains(':', StringComparison.Ordinal) ? reference : Tag(repository, reference);
        return digest is not null && _manifests.TryGetValue($"{repository}@{digest}", out var manifest)
            ? new HttpReply(200, manifest.Content, ("Content-Type", manifest.MediaType), ("Docker-Content-Digest", digest), ("ETag", $"\"{digest}\""))
            : Error(404, "MANIFEST_UNKNOWN", "manifest unknown");
    }

    private HttpReply PutManifest(HttpCall call, string repository, string reference, byte[] body)
    {
        var digest = DigestOf(body);
        var byDigest = reference.Contains(':', StringComparison.Ordinal);
        if (byDigest && reference != digest)
            return Error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
        var manifest = JsonNode.Parse(body)!.AsObject();
        var mediaType = call.Headers.GetValueOrDefault("Content-Type");
        if (mediaType is null || (string?)manifest["mediaType"] is { } own && own != mediaType)
            return Error(400, "MANIFEST_INVALID", $"content type {mediaType} is not the manifest's own");
        foreach (var part in Parts(manifest))
        {
            if (!_blobs.ContainsKey($"{repository}@{part}"))
                return Error(404, "MANIFEST_BLOB_UNKNOWN", $"blob {part} unknown");
        }
        if (_options.RequireSubject && (string?)manifest["subject"]?["digest"] is { } wanted && !_manifests.ContainsKey($"{repository}@{wanted}"))
            return Error(404, "MANIFEST_UNKNOWN", $"subject {wanted} unknown");
        // The fallback index of referrers may list what it likes.
        if (manifest["manifests"] is JsonArray children && !reference.StartsWith("sha256-", StringComparison.Ordinal) && children.Any(c => !_manifests.ContainsKey($"{repository}@{c!["digest"]}")))
            return Error(404, "MANIFEST_BLOB_UNKNOWN", "a child manifest is unknown");
        if (!byDigest)
        {
            var current = Tag(repository, reference);
            if (current is not null && _options.ImmutableTags is { } refusal)
                return refusal;
            if (_options.ConditionalWrites && (call.Headers.TryGetValue("If-None-Match", out var none) && none == "*" && current is not null
                || call.Headers.TryGetValue("If-Match", out var match) && match != $"\"{current}\""))
            {
                return Error(412, "PRECONDITION_FAILED", "somebody else was faster");
            }
        }
        AddManifest(repository, mediaType, body, byDigest ? null : reference);
        var reply = Empty(201, ("Location", $"/v2/{repository}/manifests/{digest}"), ("Docker-Content-Digest", digest));
        return _options.ReferrersApi && !_options.EmptyReferrers && (string?)manifest["subject"]?["digest"] is { } subject ? reply.With("OCI-Subject", subject) : reply;
    }

    private static IEnumerable<string> Parts(JsonObject manifest) =>
        ((manifest["layers"] as JsonArray) ?? []).Append(manifest["config"]).Where(p => p is not null).Select(p => (string)p!["digest"]!);

    private HttpReply Referrers(HttpCall call, string repository, string digest)
    {
        if (!_options.ReferrersApi)
            return new HttpReply(404, "404 page not found\n"u8.ToArray(), ("Content-Type", "text/plain"));
        var all = _manifests.Where(m => !_options.EmptyReferrers && m.Key.StartsWith($"{repository}@", StringComparison.Ordinal))
            .Select(m => (m.Key, m.Value, Json: JsonNode.Parse(m.Value.Content)!))
            .Where(m => (string?)m.Json["subject"]?["digest"] == digest)
            .OrderBy(m => m.Key, StringComparer.Ordinal)
            .Select(m => (JsonNode)new JsonObject
            {
                ["mediaType"] = m.Value.MediaType,
                ["digest"] = m.Key[(repository.Length + 1)..],
                ["size"] = m.Value.Content.Length,
                ["artifactType"] = (m.Json["artifactType"] ?? m.Json["config"]!["mediaType"])!.DeepClone(),
                ["annotations"] = m.Json["annotations"]?.DeepClone(),
            })
            .ToArray();
        var skip = int.Parse(call.Query("skip") ?? "0", CultureInfo.InvariantCulture);
        var page = new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = OciIndex, ["manifests"] = new JsonArray([.. all.Skip(skip).Take(_options.PageSize)]) };
        var reply = new HttpReply(200, Encoding.UTF8.GetBytes(page.ToJsonString()), ("Content-Type", OciIndex));
        return skip + _options.PageSize < all.Length ? reply.With("Link", $"</v2/{repository}/referrers/{digest}?skip={skip + _options.PageSize}>; rel=\"next\"") : reply;
    }

    private const string OciIndex = "application/vnd.oci.image.index.v1+json";
}
