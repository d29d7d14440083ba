using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>What registries and networks do wrong.</summary>
public sealed class RegistryFaultSpecs : IAsyncDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private TestRegistry _registry = new();

    [Fact]
    public async Task A_429_is_waited_for_as_long_as_the_registry_asks()
    {
        FailFirst("PUT", "/manifests/", TestRegistry.Error(429, "TOOMANYREQUESTS", "slow down", ("Retry-After", "7")));
        await PushAsync();
        _bench.Clock.Waits.ShouldHaveSingleItem().ShouldBe(TimeSpan.FromSeconds(7));
        _bench.Log.ShouldContain(line => line.Contains("429 TOOMANYREQUESTS (slow down)") && line.Contains("Trying again in 7.0 s"));
    }

    [Fact]
    public async Task A_registry_that_asks_for_an_hour_is_not_waited_for()
    {
        FailFirst("PUT", "/manifests/", TestRegistry.Error(429, "TOOMANYREQUESTS", "slow down", ("Retry-After", "3600")));
        var failure = await RegistryBench.FailureAsync(PushAsync, DiagnosticCodes.RegistryError);
        failure.Message.ShouldContain("429 TOOMANYREQUESTS");
        _bench.Clock.Waits.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("HEAD", "/blobs/sha256")]
    [InlineData("POST", "/blobs/uploads/")]
    [InlineData("PUT", "/blobs/uploads/")]
    [InlineData("GET", "/manifests/")]
    [InlineData("PUT", "/manifests/")]
    public async Task A_fault_at_any_request_is_survived(string method, string path)
    {
        foreach (var fault in new[] { TestRegistry.Error(500, "UNKNOWN", "oops"), TestRegistry.Error(503, "UNAVAILABLE", "restarting"), HttpReply.Reset(), HttpReply.Reset(10) })
        {
            await _registry.DisposeAsync();
            _registry = new TestRegistry();
            FailFirst(method, path, fault);
            var image = await PushAsync();
            _registry.Manifest("team/app", image.Root.Digest.ToString()).ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task A_fault_that_stays_ends_with_the_registrys_own_words()
    {
        _registry.Before = call => call.Method == "POST" ? TestRegistry.Error(503, "UNAVAILABLE", "storage is read-only") : null;
        var failure = await RegistryBench.FailureAsync(PushAsync, DiagnosticCodes.RegistryError);
        failure.Message.ShouldContain($"POST http://{_registry.Host}/v2/team/app/blobs/uploads/: 503 UNAVAILABLE (storage is read-only)");
        _registry.Requests.Count(r => r.Method == "POST").ShouldBeLessThanOrEqualTo(3 * 6);
    }

    [Fact]
    public async Task A_refusal_that_will_not_change_is_not_tried_again()
    {
        _registry.Before = call => call.Method == "PUT" && call.Path.Contains("/manifests/") ? TestRegistry.Error(400, "MANIFEST_INVALID", "no such type") : null;
        await RegistryBench.FailureAsync(PushAsync, DiagnosticCodes.RegistryError);
        _registry.Requests.Count(r => r.Path.Contains("/manifests/") && r.IsWrite).ShouldBe(1);
    }

    [Theory]
    [InlineData("/manifests/")]
    [InlineData("/blobs/uploads/")]
    public async Task A_registry_that_stores_another_digest_is_caught(string path)
    {
        _registry.After = (call, reply) => call.Method == "PUT" && call.Path.Contains(path) ? reply.With("Docker-Content-Digest", "sha256:" + new string('0', 64)) : reply;
        await RegistryBench.FailureAsync(PushAsync, DiagnosticCodes.RegistryReadBackDiffers);
    }

    [Theory]
    [InlineData("/manifests/")]
    [InlineData("/blobs/uploads/")]
    public async Task A_registry_that_says_yes_and_stores_nothing_is_caught(string path)
    {
        _registry.Before = call => call.Method == "PUT" && call.Path.Contains(path) ? new HttpReply(201, []) : null;
        await RegistryBench.FailureAsync(PushAsync, DiagnosticCodes.RegistryReadBackDiffers);
    }

    [Fact]
    public async Task A_registry_that_needs_a_moment_to_show_a_write_is_given_one()
    {
        var asked = 0;
        _registry.After = (call, reply) => call.Method == "HEAD" && call.Path.Contains("/manifests/") && asked++ < 2 ? TestRegistry.Error(404, "MANIFEST_UNKNOWN", "not yet") : reply;
        await PushAsync();
        asked.ShouldBe(3);
    }

    [Fact]
    public async Task A_manifest_with_other_bytes_than_its_digest_is_not_used()
    {
        var image = await PushAsync();
        _registry.After = (call, reply) => call.Method == "GET" && call.Path.Contains("/manifests/") ? reply with { Body = "{}"u8.ToArray() } : reply;
        await RegistryBench.FailureAsync(() => _bench.Store(_registry.Host).ReadManifestAsync(image.Root.Digest, Token), DiagnosticCodes.RegistryReadBackDiffers);
    }

    [Fact]
    public async Task A_manifest_that_breaks_off_is_read_again()
    {
        var image = await PushAsync();
        var broken = false;
        _registry.After = (call, reply) => !broken && call.Method == "GET" && call.Path.Contains("/manifests/") && (broken = true) ? reply with { TruncateAfter = 20 } : reply;
        (await _bench.Store(_registry.Host).ReadManifestAsync(image.Root.Digest, Token)).ShouldNotBeNull();
        broken.ShouldBeTrue();
    }

    [Fact]
    public async Task A_manifest_of_more_than_4_MiB_is_not_read()
    {
        var huge = SampleImage.Bytes(5 * 1024 * 1024, "huge");
        _registry.AddManifest("team/app", MediaTypes.OciManifest, huge);
        await RegistryBench.FailureAsync(() => _bench.Store(_registry.Host).ReadManifestAsync(Digest.Of(huge), Token), DiagnosticCodes.RegistryError);
    }

    [Fact]
    public async Task A_blob_that_is_shorter_longer_or_other_than_its_digest_is_not_used()
    {
        var content = SampleImage.Bytes(5000, "blob");
        var blob = SampleImage.Describe(content);
        _registry.AddBlob("team/app", content);
        foreach (var change in new Func<HttpReply, HttpReply>[]
        {
            r => r with { TruncateAfter = 100 },
            r => r with { Body = r.Body[..4000] },
            r => r with { Body = [.. r.Body, 1] },
            r => r with { Body = new byte[5000] },
        })
        {
            _registry.After = (call, reply) => call.Method == "GET" ? change(reply) : reply;
            await RegistryBench.FailureAsync(
                async () =>
                {
                    await using var stream = await _bench.Store(_registry.Host).ReadBlobAsync(blob, Token);
                    await stream.CopyToAsync(Stream.Null, Token);
                },
                DiagnosticCodes.RegistryReadBackDiffers);
        }
    }

    [Fact]
    public async Task Nothing_that_listens_is_named_with_what_to_check()
    {
        var store = _bench.Store(_registry.Host);
        var image = SampleImage.Write(_folder);
        await _registry.DisposeAsync();
        var failure = await RegistryBench.FailureAsync(() => store.HasBlobAsync(image.Root, Token), DiagnosticCodes.RegistryUnreachable);
        failure.Message.ShouldContain("nothing listens there");
        _bench.Clock.Waits.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_plain_http_registry_that_is_not_listed_as_one_is_not_spoken_to_by_http()
    {
        var host = _registry.Host.Replace("localhost", "127.0.0.1");
        var failure = await RegistryBench.FailureAsync(() => _bench.Store(host).ResolveTagAsync("1.0", Token), DiagnosticCodes.RegistryUnreachable);
        failure.Message.ShouldContain("DOTNET_CONTAINER_INSECURE_REGISTRIES");
        _bench.Environment["DOTNET_CONTAINER_INSECURE_REGISTRIES"] = $"other.example;{host}";
        (await _bench.Store(host).ResolveTagAsync("1.0", Token)).ShouldBeNull();
    }

    [Theory]
    [InlineData("//[")]
    [InlineData("http://")]
    [InlineData("file:///etc/passwd")]
    public async Task A_redirect_that_leads_nowhere_is_a_coded_error(string location)
    {
        _registry.Before = call => call.Path.Contains("/manifests/") ? new HttpReply(307, [], ("Location", location)) : null;
        await RegistryBench.FailureAsync(() => _bench.Store(_registry.Host).ReadManifestAsync(Digest.Of("x"u8), Token), DiagnosticCodes.RegistryError);
    }

    [Fact]
    public async Task Garbage_instead_of_an_error_document_leaves_the_status()
    {
        _registry.Before = _ => new HttpReply(400, SampleImage.Bytes(100_000, "garbage"));
        var failure = await RegistryBench.FailureAsync(PushAsync, DiagnosticCodes.RegistryError);
        failure.Message.ShouldContain("400 BadRequest");
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

    private void FailFirst(string method, string path, HttpReply fault)
    {
        var failed = 0;
        _registry.Before = call => call.Method == method && call.Path.Contains(path) && Interlocked.Exchange(ref failed, 1) == 0 ? fault : null;
    }
}
