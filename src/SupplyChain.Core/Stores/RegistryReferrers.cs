using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Referrers of a subject (OCI distribution 1.1, "Listing Referrers" and "Referrers Tag Schema"). Registries without the API keep them in an index under the
/// tag <c>sha256-HEX</c>, which clients maintain.
/// </summary>
internal sealed class RegistryReferrers(RegistryClient client, RegistryStore store, Action<string> log)
{
    private const int MostPages = 100;
    private const int MostRounds = 12;

    public async Task<IReadOnlyList<Descriptor>> ListAsync(Digest subject, CancellationToken cancellationToken)
    {
        var listed = await ListByApiAsync(subject, cancellationToken);
        // An empty answer may come from a registry that has the API and does not fill it: what we ourselves had to put under the tag still counts.
        return listed is { Count: > 0 } ? listed : await ListByTagAsync(subject, cancellationToken);
    }

    /// <summary>
    /// Adds the descriptors with artifact type and ALL annotations: verifiers select by them, and a wrong artifact type hides the evidence (kyverno#16664).
    /// What others have put there stays as it stands, unknown properties included.
    ///
    /// A tag cannot be changed by two at once without one losing. So: a conditional write where the registry honours it, and in any case everything is read
    /// back, and added again when another writer's index does not have it.
    /// </summary>
    public async Task AddToFallbackIndexAsync(Digest subject, IReadOnlyList<Descriptor> referrers, CancellationToken cancellationToken)
    {
        var tag = FallbackTag(subject);
        var conditional = true;
        for (var round = 0; round < MostRounds; round++)
        {
            var current = await store.ReadTagAsync(tag, cancellationToken);
            var index = current is null ? NewIndex() : ParseIndex(current.Content, tag);
            if (!Merge((JsonArray)index["manifests"]!, referrers))
                return;
            if (round > 0)
            {
                log($"Another writer changed {tag}; adding our referrers again.");
                // Writers that collided must not collide again: each waits for a time of its own.
                await Task.Delay(TimeSpan.FromMilliseconds(20 + (int.Parse(referrers[0].Digest.Hex.AsSpan(0, 4), System.Globalization.NumberStyles.HexNumber, null) % 200 * Math.Min(round, 3))), client.Retries.Clock, cancellationToken);
            }
            var content = JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Plain.JsonObject);
            if (content.Length > RegistryClient.LargestDocument)
                throw client.Failure(DiagnosticCodes.RegistryError, $"the index of referrers under tag {tag} in {store.Repository.Name} has grown over 4 MiB. Delete referrers that are no longer needed, then publish again.");
            var put = store.Put(tag, MediaTypes.OciIndex, content) with { Headers = conditional ? Condition(current) : [] };
            var answer = await client.AskAsync(put, cancellationToken);
            if (answer.IsSuccess)
                continue;
            if (RegistryErrors.SaysImmutable(answer.Status, answer.Body))
                throw client.Failure(put, answer, $"Evidence is kept under tags that begin with sha256-: exclude sha256-* from the registry's rule for immutable tags");
            if (conditional && answer.Status is HttpStatusCode.PreconditionFailed or HttpStatusCode.BadRequest or HttpStatusCode.NotImplemented or HttpStatusCode.Conflict)
            {
                // Somebody else was faster; or the registry knows no conditional writes. In the last rounds, none are asked for.
                conditional = answer.Status is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict && round < MostRounds / 2;
                continue;
            }
            throw client.Failure(put, answer);
        }
        throw client.Failure(
            DiagnosticCodes.RegistryReadBackDiffers,
            $"the index of referrers under tag {tag} in {store.Repository.Name} lost our entries {MostRounds} times, so the evidence is not listed. Nothing was tagged. Another process writes there all the time, or the registry does not keep what it accepts.");
    }

    internal static string FallbackTag(Digest subject) => $"sha256-{subject.Hex}";

    /// <summary>Null: this registry has no referrers API.</summary>
    private async Task<List<Descriptor>?> ListByApiAsync(Digest subject, CancellationToken cancellationToken)
    {
        var result = new List<Descriptor>();
        Uri? page = client.Address($"referrers/{subject}");
        for (var pages = 0; page is not null; pages++)
        {
            var request = new RegistryRequest(HttpMethod.Get, page) { Accept = MediaTypes.OciIndex };
            var answer = await client.AskAsync(request, cancellationToken);
            // Not only 404: registries that do not know the path answer as they please. A page that is no index (a web front end) is no API either.
            if (pages == 0 && (answer.Status is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented or HttpStatusCode.Forbidden
                    or HttpStatusCode.NotAcceptable
                || (answer.IsSuccess && answer.Response.Content.Headers.ContentType?.MediaType != MediaTypes.OciIndex)))
            {
                return null;
            }
            if (!answer.IsSuccess)
                throw client.Failure(request, answer);
            var index = ParseIndex(answer.Body, $"the referrers of {subject.Short}");
            result.AddRange(Descriptors(index));
            page = client.NextPage(request, answer, "the list of referrers");
            if (pages == MostPages)
                throw client.Failure(DiagnosticCodes.RegistryError, $"{client.Endpoint.Name} lists the referrers of {subject} on more than {MostPages} pages. They were not read.");
        }
        return result;
    }

    private async Task<IReadOnlyList<Descriptor>> ListByTagAsync(Digest subject, CancellationToken cancellationToken)
    {
        var tag = FallbackTag(subject);
        if (await store.ReadTagAsync(tag, cancellationToken) is not { } current)
            return [];
        var complete = await LimitedDegree.RunAsync(
            [.. Descriptors(ParseIndex(current.Content, tag))], (descriptor, token) => CompleteAsync(descriptor, subject, token), cancellationToken);
        return complete.OfType<Descriptor>().ToArray();
    }

    /// <summary>Other clients leave out artifact type or annotations: the manifest itself has them. Null: it is not there, or not a referrer of this subject.</summary>
    private async Task<Descriptor?> CompleteAsync(Descriptor entry, Digest subject, CancellationToken cancellationToken)
    {
        if (entry is { ArtifactType: not (null or MediaTypes.OciEmpty), Annotations: not null } || !MediaTypes.IsManifest(entry.MediaType))
            return entry;
        if (await store.ReadManifestAsync(entry.Digest, cancellationToken) is not { } content)
            return null;
        return ReferrerManifest.Describe(entry, content) is { } described && described.Subject == subject ? described.Descriptor : null;
    }

    private IEnumerable<Descriptor> Descriptors(JsonObject index)
    {
        foreach (var node in (JsonArray)index["manifests"]!)
        {
            Descriptor? descriptor = null;
            try
            {
                descriptor = node.Deserialize(OciJson.Plain.Descriptor);
            }
            catch (JsonException)
            {
                // Of another digest algorithm, for example: not ours to read, and no reason to read nothing.
            }
            if (descriptor is { MediaType: not null, Digest.IsSet: true })
                yield return descriptor;
            else
                log("An entry in a list of referrers could not be read; it was left out.");
        }
    }

    private JsonObject ParseIndex(byte[]? content, string what)
    {
        try
        {
            if (content is not null
                && JsonNode.Parse(content, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) is JsonObject index && index["manifests"] is JsonArray)
            {
                return index;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Said below.
        }
        throw client.Failure(
            DiagnosticCodes.RegistryError,
            $"{store.Repository.Name} has something under {what} that is not an OCI index of at most 4 MiB, so referrers can be neither read nor added there. Nothing was tagged. Find out what wrote it, delete it, and publish again.");
    }

    /// <summary>False: everything is there already, as it should be.</summary>
    private static bool Merge(JsonArray manifests, IReadOnlyList<Descriptor> referrers)
    {
        var changed = false;
        foreach (var referrer in referrers)
        {
            var wanted = JsonSerializer.SerializeToNode(referrer, OciJson.Plain.Descriptor)!;
            var present = manifests.Where(node => (node as JsonObject)?["digest"] is JsonValue value && value.TryGetValue<string>(out var text) && text == referrer.Digest.ToString()).ToArray();
            if (present.Length == 1 && JsonNode.DeepEquals(present[0], wanted))
                continue;
            foreach (var node in present)
                manifests.Remove(node);
            manifests.Add(wanted);
            changed = true;
        }
        return changed;
    }

    private static JsonObject NewIndex() => new()
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = MediaTypes.OciIndex,
        ["manifests"] = new JsonArray(),
    };

    private static IReadOnlyList<(string, string)> Condition(TaggedContent? current) =>
        current is null ? [("If-None-Match", "*")] : current.EntityTag is { } entityTag ? [("If-Match", entityTag)] : [];
}
