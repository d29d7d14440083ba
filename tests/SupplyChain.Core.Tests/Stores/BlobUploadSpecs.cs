using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>Whole, in chunks, and again after a break.</summary>
public sealed class BlobUploadSpecs : IAsyncDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private TestRegistry _registry = new();

    [Fact]
    public async Task A_large_upload_that_breaks_off_goes_on_in_chunks_where_the_registry_stopped()
    {
        var content = SampleImage.Bytes(12 * 1024 * 1024, "large");
        var patches = 0;
        _registry.Before = call =>
            call.Method == "PUT" && call.Headers.GetValueOrDefault("Content-Length") != "0" ? HttpReply.Reset(100_000)
            : call.Method == "PATCH" && ++patches == 2 ? HttpReply.Reset(100_000)
            : null;
        await _bench.Store(_registry.Host).WriteBlobAsync(SampleImage.Describe(content), () => new MemoryStream(content), Token);
        _registry.HasBlob("team/app", Digest.Of(content).ToString()).ShouldBeTrue();
        patches.ShouldBe(4); // 5 MiB, broken, 5 MiB again from where the first ended, the rest
    }

    /// <summary>What the registry has of a broken whole upload is not sent again.</summary>
    [Fact]
    public async Task A_whole_upload_that_breaks_off_goes_on_at_the_offset_that_the_registry_reports()
    {
        var content = SampleImage.Bytes(12 * 1024 * 1024, "kept");
        var taken = false;
        _registry.Before = call =>
        {
            if (call.Method != "PUT" || taken)
                return null;
            taken = true;
            // As a registry that stores what arrives: it has the first 8 MB when the connection breaks.
            _registry.TakePart(call.Path, content.AsSpan(0, 8_000_000));
            return HttpReply.Reset(8_000_000);
        };
        await _bench.Store(_registry.Host).WriteBlobAsync(SampleImage.Describe(content), () => new MemoryStream(content), Token);
        _registry.Calls.Where(c => c.Method == "PATCH").Select(c => c.Headers["Content-Range"]).ShouldBe([$"8000000-{content.Length - 1}"]);
        _registry.Calls.Count(c => c.Method == "POST").ShouldBe(1);
    }

    [Fact]
    public async Task An_upload_that_the_registry_has_forgotten_begins_again()
    {
        await UseAsync(new TestRegistryOptions { SmallestChunk = 5 * 1024 * 1024 });
        var content = SampleImage.Bytes(12 * 1024 * 1024, "forgotten");
        var patches = 0;
        _registry.Before = call =>
            call.Method == "PATCH" && ++patches == 2 ? HttpReply.Reset(100_000)
            : call.Method == "GET" && call.Path.Contains("/uploads/") ? TestRegistry.Error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
            : null;
        await _bench.Store(_registry.Host).WriteBlobAsync(SampleImage.Describe(content), () => new MemoryStream(content), Token);
        _registry.HasBlob("team/app", Digest.Of(content).ToString()).ShouldBeTrue();
        _registry.Calls.Count(c => c.Method == "POST").ShouldBe(2);
    }

    /// <summary>docker-registry 2 names a place while it is still taking in what came before the break, and refuses the next chunk there.</summary>
    [Theory]
    [InlineData(404)]
    [InlineData(400)]
    [InlineData(416)]
    public async Task An_upload_whose_place_is_out_of_date_by_the_time_it_goes_on_begins_again(int status)
    {
        await UseAsync(new TestRegistryOptions { SmallestChunk = 5 * 1024 * 1024 });
        var content = SampleImage.Bytes(12 * 1024 * 1024, "late");
        var patches = 0;
        _registry.Before = call => call.Method != "PATCH" ? null : ++patches switch
        {
            2 => HttpReply.Reset(100_000),
            3 => TestRegistry.Error(status, "BLOB_UPLOAD_INVALID", "blob upload invalid"),
            _ => null,
        };
        await _bench.Store(_registry.Host).WriteBlobAsync(SampleImage.Describe(content), () => new MemoryStream(content), Token);
        _registry.HasBlob("team/app", Digest.Of(content).ToString()).ShouldBeTrue();
        _registry.Calls.Count(c => c.Method == "POST").ShouldBe(2);
    }

    [Fact]
    public async Task Chunks_are_used_where_the_registry_names_their_size()
    {
        await UseAsync(new TestRegistryOptions { SmallestChunk = 6 * 1024 * 1024 });
        var content = SampleImage.Bytes(14 * 1024 * 1024, "chunks");
        await _bench.Store(_registry.Host).WriteBlobAsync(SampleImage.Describe(content), () => new MemoryStream(content), Token);
        var ranges = _registry.Calls.Where(c => c.Method == "PATCH").Select(c => c.Headers["Content-Range"]).ToArray();
        ranges.ShouldBe(["0-6291455", "6291456-12582911", "12582912-14680063"]);
    }

    [Fact]
    public async Task Chunks_are_used_where_the_whole_is_too_large()
    {
        await UseAsync(new TestRegistryOptions { LargestBody = 6 * 1024 * 1024 });
        var content = SampleImage.Bytes(7 * 1024 * 1024, "413");
        await _bench.Store(_registry.Host).WriteBlobAsync(SampleImage.Describe(content), () => new MemoryStream(content), Token);
        _registry.HasBlob("team/app", Digest.Of(content).ToString()).ShouldBeTrue();
    }

    [Fact]
    public async Task An_upload_address_may_be_absolute_and_keeps_its_query()
    {
        _registry.After = (call, reply) => call.Method == "POST" ? reply.With("Location", $"http://{_registry.Host}{reply.Headers.Single(h => h.Name == "Location").Value}") : reply;
        await PushAsync();
    }

    [Fact]
    public async Task An_upload_whose_answer_was_lost_is_not_sent_twice()
    {
        var lost = false;
        var image = SampleImage.Write(_folder);
        var layer = image.Platforms[0].Layers[0];
        _registry.After = (call, reply) =>
        {
            if (lost || call.Method != "PUT" || call.Query("digest") != layer.Digest.ToString())
                return reply;
            lost = true;
            return HttpReply.Reset();
        };
        await _bench.Store(_registry.Host).WriteBlobAsync(layer, () => File.OpenRead(image.BlobPath(layer.Digest)), Token);
        _registry.Requests.Count(r => r.Method == "POST").ShouldBe(1);
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _bench.Dispose();
        _folder.Dispose();
    }

    private async Task<ImageLayout> PushAsync()
    {
        var image = SampleImage.Write(_folder);
        await new ImagePusher().PushAsync(image, _bench.Store(_registry.Host), SampleImage.Passed(image), Token);
        return image;
    }

    private async Task UseAsync(TestRegistryOptions options)
    {
        await _registry.DisposeAsync();
        _registry = new TestRegistry(options);
    }
}
