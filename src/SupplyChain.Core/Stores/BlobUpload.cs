using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Uploads a blob (OCI distribution 1.1, "Pushing blobs"): whole by POST and PUT; in chunks where the registry asks for chunks, refuses the whole
/// (413), or a large upload broke off. The bytes are streamed and not hashed here: the registry computes the digest of what it received
/// and refuses any other, so hashing a second time would only cost time.
/// </summary>
internal sealed class BlobUpload(RegistryClient client)
{
    /// <summary>No smaller chunk is refused by a registry that is known (ECR wants 5 MiB), and four of them still fit into memory.</summary>
    private const int ChunkSize = 5 * 1024 * 1024;
    private const int LargestChunk = 64 * 1024 * 1024;
    private const int SlowestBytesPerSecond = 64 * 1024;

    public async Task WriteAsync(Descriptor blob, Func<Stream> open, Func<CancellationToken, Task<bool>> isThere, CancellationToken cancellationToken)
    {
        var chunked = false;
        Uri? broken = null;
        await client.Retries.RunAsync(
            async (attempt, token) =>
            {
                // The upload may have arrived although its answer did not.
                if (attempt > 0 && await isThere(token))
                    return true;
                // What a broken upload has brought there need not be sent again, where the registry still knows of it.
                if (broken is { } old && await WhereAsync(old, blob.Size, token) is var (at, position))
                {
                    broken = null;
                    await WriteChunksAsync(blob, open, at, position, 0, token);
                    return true;
                }
                var (location, smallestChunk) = await BeginAsync(token);
                if (!chunked && !(blob.Size > smallestChunk))
                {
                    try
                    {
                        if (await WriteWholeAsync(blob, open, location, token))
                            return true;
                    }
                    catch (RegistryFault fault) when (fault.ConnectionBroke && blob.Size > ChunkSize)
                    {
                        (chunked, broken) = (true, location);
                        throw;
                    }
                    // The session of a refused upload is of no further use: chunks begin a new one.
                    chunked = true;
                    (location, smallestChunk) = await BeginAsync(token);
                }
                await WriteChunksAsync(blob, open, location, 0, smallestChunk ?? 0, token);
                return true;
            },
            cancellationToken);
    }

    private async Task<(Uri Location, int? SmallestChunk)> BeginAsync(CancellationToken cancellationToken)
    {
        var post = new RegistryRequest(HttpMethod.Post, client.Address("blobs/uploads/")) { Content = Nothing };
        var answer = await client.AskOnceAsync(post, cancellationToken);
        return answer.Status == HttpStatusCode.Accepted ? (client.UploadAddress(post, answer), SmallestChunk(answer)) : throw client.Failure(post, answer);
    }

    /// <summary>False: the registry finds it too large (413).</summary>
    private async Task<bool> WriteWholeAsync(Descriptor blob, Func<Stream> open, Uri location, CancellationToken cancellationToken)
    {
        var put = new RegistryRequest(HttpMethod.Put, WithDigest(location, blob.Digest))
        {
            Content = () => Body(OpenChecked(blob, open), blob.Size),
            TimeLimit = LimitFor(blob.Size),
        };
        var answer = await client.AskOnceAsync(put, cancellationToken);
        if (answer.Status == HttpStatusCode.RequestEntityTooLarge && blob.Size > ChunkSize)
            return false;
        await EnsureWrittenAsync(blob, open, put, answer, cancellationToken);
        return true;
    }

    /// <exception cref="RegistryFault">Also when the registry has forgotten the upload: it begins again.</exception>
    private async Task WriteChunksAsync(Descriptor blob, Func<Stream> open, Uri location, long position, int smallestChunk, CancellationToken cancellationToken)
    {
        await using var stream = OpenChecked(blob, open);
        var buffer = new byte[(int)Math.Min(Math.Max(ChunkSize, smallestChunk), Math.Max(1, blob.Size))];
        var resumed = position > 0;
        while (position < blob.Size)
        {
            RegistryFault? lost = null;
            (location, position) = await client.Retries.RunAsync(
                async (attempt, token) =>
                {
                    // After a break the registry says how far it got (GET on the upload), and we go on from there.
                    if ((attempt == 0 ? (location, position) : await WhereAsync(location, blob.Size, token)) is not var (to, from))
                    {
                        lost = Lost(blob);
                        return (location, blob.Size);
                    }
                    stream.Position = from;
                    var length = await stream.ReadAtLeastAsync(buffer, (int)Math.Min(buffer.Length, blob.Size - from), throwOnEndOfStream: false, token);
                    if (length == 0)
                        return (to, blob.Size);
                    var patch = new RegistryRequest(HttpMethod.Patch, to) { Content = () => Chunk(buffer, length, from), TimeLimit = LimitFor(length) };
                    var answer = await client.AskOnceAsync(patch, token);
                    // After a break the registry may still be taking in what came before it: then the place that it has just named is out of date (docker-registry 2: 404 BLOB_UPLOAD_INVALID).
                    if ((resumed || attempt > 0) && answer.Status is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.RequestedRangeNotSatisfiable)
                    {
                        lost = Lost(blob);
                        return (location, blob.Size);
                    }
                    if (answer.Status == HttpStatusCode.RequestedRangeNotSatisfiable)
                        throw new RegistryFault(client.Failure(patch, answer));
                    if (answer.Status is not (HttpStatusCode.Accepted or HttpStatusCode.NoContent or HttpStatusCode.Created))
                        throw client.Failure(patch, answer);
                    // It may have taken less than was sent. A count that cannot be is ignored: the digest at the end decides.
                    return (client.UploadAddress(patch, answer), EndOf(answer) is { } end && end > from && end < from + length ? end : from + length);
                },
                cancellationToken);
            if (lost is not null)
                throw lost;
            resumed = false;
        }
        var put = new RegistryRequest(HttpMethod.Put, WithDigest(location, blob.Digest)) { Content = Nothing, TimeLimit = LimitFor(blob.Size) };
        await EnsureWrittenAsync(blob, open, put, await client.AskOnceAsync(put, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Null: the registry can no longer say, so the upload has to begin again. It may know nothing of it any more (404), or refuse the address that it gave
    /// before the break, which is how docker-registry 2 answers (400, sometimes 416 or 404).
    /// </summary>
    private async Task<(Uri Location, long Position)?> WhereAsync(Uri location, long size, CancellationToken cancellationToken)
    {
        var get = new RegistryRequest(HttpMethod.Get, location);
        var answer = await client.AskOnceAsync(get, cancellationToken);
        if (!answer.IsSuccess)
            return null;
        // "0-0" stands for nothing as well as for one byte; beginning again at 0 is right for neither being known.
        var end = EndOf(answer) ?? 0;
        return (answer.Header("Location") is null ? location : client.UploadAddress(get, answer), end <= 1 ? 0 : Math.Min(end, size));
    }

    private RegistryFault Lost(Descriptor blob) => new(client.Failure(
        DiagnosticCodes.RegistryError,
        $"{client.Endpoint.Name} has forgotten the broken upload of blob {blob.Digest}, each time it was begun. Check any proxy in between; the registry's log says more."));

    private async Task EnsureWrittenAsync(Descriptor blob, Func<Stream> open, RegistryRequest put, RegistryAnswer answer, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccess)
        {
            if (answer.Status == HttpStatusCode.BadRequest && await HashAsync(open, cancellationToken) is var actual && actual != blob.Digest)
                throw Changed(blob, $"its content is now {actual}");
            throw client.Failure(put, answer);
        }
        if (answer.Header("Docker-Content-Digest") is { Length: > 0 } stored && stored != blob.Digest.ToString())
        {
            throw client.Failure(
                DiagnosticCodes.RegistryReadBackDiffers,
                $"{client.Endpoint.Name} stored blob {blob.Digest} as {SingleLine.Of(stored, 300)}. The registry, or a proxy before it, changes what it is given: nothing was tagged.");
        }
    }

    private static Stream OpenChecked(Descriptor blob, Func<Stream> open)
    {
        var stream = open();
        if (stream.CanSeek && stream.Length != blob.Size)
        {
            var length = stream.Length;
            stream.Dispose();
            throw Changed(blob, $"it has {length} bytes instead of {blob.Size}");
        }
        return stream;
    }

    private static async Task<Digest> HashAsync(Func<Stream> open, CancellationToken cancellationToken)
    {
        await using var stream = open();
        return Digest.FromHash(await SHA256.HashDataAsync(stream, cancellationToken));
    }

    private static DiagnosticException Changed(Descriptor blob, string how) => new(
        DiagnosticCodes.ImageChanged,
        $"blob {blob.Digest} was changed after the image was opened: {how}. Nothing was tagged. Make sure that nothing else writes to the intermediate output folder, and publish again.");

    /// <summary>Location may have a query of its own already; it is kept as it stands.</summary>
    private static Uri WithDigest(Uri location, Digest digest) =>
        new($"{location.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped)}{(location.Query.Length > 1 ? "&" : "?")}digest={digest}");

    private static HttpContent Nothing() => new ByteArrayContent([]);

    private static StreamContent Body(Stream stream, long length) => new(stream, 512 * 1024)
    {
        Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream"), ContentLength = length },
    };

    private static ByteArrayContent Chunk(byte[] buffer, int length, long from)
    {
        var content = new ByteArrayContent(buffer, 0, length) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        // Without "bytes ": the specification's own form, which .NET's typed header cannot write.
        content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{from}-{from + length - 1}"));
        return content;
    }

    private static int? SmallestChunk(RegistryAnswer answer) =>
        int.TryParse(answer.Header("OCI-Chunk-Min-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length is > 0 and <= LargestChunk ? length : null;

    /// <summary>The position after the last byte that the registry has, from <c>Range: 0-1023</c>.</summary>
    private static long? EndOf(RegistryAnswer answer)
    {
        var range = answer.Header("Range");
        var dash = range?.LastIndexOf('-') ?? -1;
        return dash >= 0 && long.TryParse(range.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last + 1 : null;
    }

    private static TimeSpan LimitFor(long bytes) => TimeSpan.FromSeconds(120 + (bytes / SlowestBytesPerSecond));
}
