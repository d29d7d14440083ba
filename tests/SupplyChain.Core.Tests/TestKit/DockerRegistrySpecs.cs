using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.TestKit;

public sealed class DockerRegistrySpecs
{
    private static readonly AuthenticationHeaderValue Basic =
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{DockerRegistry.UserName}:{DockerRegistry.Password}")));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_log_tells_reads_from_writes()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        using var http = new HttpClient { BaseAddress = registry.Address };

        (await http.GetAsync("/v2/app/manifests/1.0", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await registry.WritesAsync(Cancellation)).ShouldBeEmpty();

        (await http.PostAsync("/v2/app/blobs/uploads/", content: null, Cancellation)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await registry.WritesAsync(Cancellation)).ShouldHaveSingleItem().ShouldBe(new RegistryRequest("POST", "/v2/app/blobs/uploads/", 202));
        (await registry.RequestsAsync(Cancellation)).ShouldContain(new RegistryRequest("GET", "/v2/app/manifests/1.0", 404));
    }

    [Fact]
    public async Task It_is_gone_at_the_end()
    {
        Uri address;
        await using (var registry = await DockerRegistry.StartAsync(Cancellation))
            address = registry.Address;

        using var http = new HttpClient();
        await Should.ThrowAsync<HttpRequestException>(() => http.GetAsync(address, Cancellation));
    }

    [Fact]
    public async Task It_can_ask_for_a_password()
    {
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { RequirePassword = true }, Cancellation);
        using var http = new HttpClient { BaseAddress = registry.Address };

        (await http.GetAsync("/v2/", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        http.DefaultRequestHeaders.Authorization = Basic;
        (await http.GetAsync("/v2/", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task It_can_send_clients_for_a_token_which_lets_strangers_only_pull()
    {
        await using var tokens = TokenServer.Start();
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { Tokens = tokens }, Cancellation);
        using var http = new HttpClient { BaseAddress = registry.Address };

        var refused = await http.PostAsync("/v2/app/blobs/uploads/", content: null, Cancellation);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Headers.WwwAuthenticate.ToString().ShouldContain(tokens.Realm.ToString());

        (await UploadAsync(null)).ShouldBe(HttpStatusCode.Unauthorized);
        (await UploadAsync(Basic)).ShouldBe(HttpStatusCode.Accepted);
        tokens.RequestedScopes.ShouldBe(["repository:app:pull,push", "repository:app:pull,push"]);

        async Task<HttpStatusCode> UploadAsync(AuthenticationHeaderValue? credentials)
        {
            using var ask = new HttpRequestMessage(HttpMethod.Get, $"{tokens.Realm}?service={TokenServer.Service}&scope=repository:app:pull,push");
            ask.Headers.Authorization = credentials;
            using var given = await http.SendAsync(ask, Cancellation);
            var token = JsonDocument.Parse(await given.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("token").GetString();
            using var upload = new HttpRequestMessage(HttpMethod.Post, "/v2/app/blobs/uploads/");
            upload.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await http.SendAsync(upload, Cancellation);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task It_can_keep_its_content_in_a_folder()
    {
        using var folder = new TestFolder();
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { Storage = folder.Path }, Cancellation);
        using var http = new HttpClient { BaseAddress = registry.Address };

        await http.PostAsync("/v2/app/blobs/uploads/", content: null, Cancellation);
        Directory.Exists(folder.File("docker/registry/v2/repositories/app/_uploads")).ShouldBeTrue();
    }
}
