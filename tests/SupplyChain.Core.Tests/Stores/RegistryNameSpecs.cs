using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Tests.Stores;

public sealed class RegistryNameSpecs : IDisposable
{
    private readonly RegistryBench _bench = new();

    [Theory]
    [InlineData("https://registry.example")]
    [InlineData("registry.example/team")]
    [InlineData("user@registry.example")]
    [InlineData("registry example")]
    [InlineData("")]
    public async Task What_is_no_registry_is_refused(string name) =>
        await RegistryBench.FailureAsync(() => Task.FromResult(_bench.Store(name)), DiagnosticCodes.RegistryNameUnusable);

    [Theory]
    [InlineData("../secrets")]
    [InlineData("Team/App")]
    [InlineData("team//app")]
    [InlineData("team/app?x")]
    public async Task What_is_no_repository_is_refused(string name) =>
        await RegistryBench.FailureAsync(() => Task.FromResult(_bench.Store("registry.example", name)), DiagnosticCodes.RegistryNameUnusable);

    [Theory]
    [InlineData("localhost", "http://localhost/")]
    [InlineData("LOCALHOST:5000", "http://localhost:5000/")]
    [InlineData("127.0.0.1:5000", "https://127.0.0.1:5000/")]
    [InlineData("localhost.example", "https://localhost.example/")]
    [InlineData("listed.example:81", "http://listed.example:81/")]
    [InlineData("listed.example", "https://listed.example/")]
    [InlineData("docker.io", "https://registry-1.docker.io/")]
    public void Plain_http_is_for_localhost_and_the_registries_that_are_listed(string name, string address) =>
        RegistryEndpoint.For(name, variable => variable == "DOTNET_CONTAINER_INSECURE_REGISTRIES" ? "other.example,listed.example:81" : null).Base.ToString().ShouldBe(address);

    [Theory]
    [InlineData("http://localhost:5000/v2/", false)]
    [InlineData("https://127.0.0.1/v2/", false)]
    [InlineData("https://registry.example/v2/", true)]
    public void A_proxy_is_used_beyond_this_machine_only(string address, bool used)
    {
        var proxy = new ProxyBeyondLoopback(new System.Net.WebProxy("http://proxy.example:3128"));
        proxy.IsBypassed(new Uri(address)).ShouldBe(!used);
        (proxy.GetProxy(new Uri(address)) is not null).ShouldBe(used);
    }

    public void Dispose() => _bench.Dispose();
}
