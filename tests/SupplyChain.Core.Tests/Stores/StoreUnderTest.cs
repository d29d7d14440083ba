using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>The stores that the same specifications are run against.</summary>
public enum StoreKind
{
    TestRegistry,
    TestRegistryWithoutReferrers,
    TestRegistryWithEmptyReferrers,
    TestRegistryWithConditionalWrites,
    TestRegistryWithTokens,
    TestRegistryWithChunks,
    DockerRegistry,
    DockerRegistryWithPassword,
    DockerRegistryWithTls,
    Layout,
}

/// <summary>A store of one kind, empty, with what it needs to live.</summary>
internal sealed class StoreUnderTest : IAsyncDisposable
{
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench;
    private readonly List<IAsyncDisposable> _servers = [];
    private readonly Func<string, IImageStore> _open;

    private StoreUnderTest(RegistryBench bench, Func<StoreUnderTest, Func<string, IImageStore>> open)
    {
        _bench = bench;
        _open = open(this);
    }

    /// <summary>Anew each time: another process would not share what this one remembers.</summary>
    public IImageStore Open(string repository = "team/app") => _open(repository);

    public static async Task<StoreUnderTest> StartAsync(StoreKind kind, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case StoreKind.Layout:
                return new StoreUnderTest(new RegistryBench(), self => repository => new LayoutStore(self._folder.File("layout"), repository, TimeProvider.System));
            case StoreKind.DockerRegistry or StoreKind.DockerRegistryWithPassword or StoreKind.DockerRegistryWithTls:
                var tls = kind == StoreKind.DockerRegistryWithTls ? new TestAuthority() : null;
                var real = await DockerRegistry.StartAsync(new DockerRegistryOptions { RequirePassword = kind == StoreKind.DockerRegistryWithPassword, Tls = tls }, cancellationToken);
                return Over(new RegistryBench(tls?.AuthorityFile), real, real.Host, kind == StoreKind.DockerRegistryWithPassword ? FixedCredentials.Password(DockerRegistry.UserName, DockerRegistry.Password) : null, tls);
            default:
                var ours = new TestRegistry(new TestRegistryOptions
                {
                    ReferrersApi = kind != StoreKind.TestRegistryWithoutReferrers,
                    EmptyReferrers = kind == StoreKind.TestRegistryWithEmptyReferrers,
                    ConditionalWrites = kind == StoreKind.TestRegistryWithConditionalWrites,
                    SmallestChunk = kind == StoreKind.TestRegistryWithChunks ? 5 * 1024 * 1024 : null,
                    Tokens = kind == StoreKind.TestRegistryWithTokens,
                    Account = kind == StoreKind.TestRegistryWithTokens ? ("ada", "secret") : null,
                    PageSize = 2,
                });
                return Over(new RegistryBench(), ours, ours.Host, kind == StoreKind.TestRegistryWithTokens ? FixedCredentials.Password("ada", "secret") : null);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        _bench.Dispose();
        _folder.Dispose();
    }

    private static StoreUnderTest Over(RegistryBench bench, IAsyncDisposable server, string host, ICredentialSource? credentials, IDisposable? other = null)
    {
        var store = new StoreUnderTest(bench, _ => repository => bench.Store(host, repository, credentials));
        store._servers.Add(server);
        if (other is not null)
            store._servers.Add(new Disposing(other));
        return store;
    }

    private sealed class Disposing(IDisposable inner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            inner.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
