using System.Collections.Concurrent;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>Makes registry stores for tests: nothing of this machine's environment, no real waiting, and a log.</summary>
internal sealed class RegistryBench : IDisposable
{
    public RegistryBench(string? certificateAuthorityFile = null) => Http = RegistryHttp.CreateClient(certificateAuthorityFile);

    public HttpClient Http { get; }

    public ConcurrentQueue<string> Log { get; } = new();

    public InstantClock Clock { get; } = new();

    public Dictionary<string, string> Environment { get; } = [];

    public RegistrySettings Settings => new(name => Environment.GetValueOrDefault(name), Log.Enqueue, Clock);

    public RegistryStore Store(string host, string repository = "team/app", ICredentialSource? credentials = null, Func<RegistrySettings, RegistrySettings>? change = null) =>
        new(new ImageReference(host, repository), Http, credentials ?? new FixedCredentials(null), (change ?? (s => s))(Settings));

    public void Dispose() => Http.Dispose();

    /// <summary>Runs what must fail, and gives its diagnostic.</summary>
    public static async Task<Diagnostic> FailureAsync(Func<Task> action, DiagnosticCode code)
    {
        var failure = await Should.ThrowAsync<DiagnosticException>(action);
        failure.Diagnostic.Code.ShouldBe(code, failure.Message);
        return failure.Diagnostic;
    }
}

internal sealed class FixedCredentials(RegistryCredential? credential) : ICredentialSource
{
    public static FixedCredentials Password(string user, string password) => new(new RegistryCredential("the test") { UserName = user, Password = password });

    public Task<CredentialLookup> FindAsync(ImageReference repository, CancellationToken cancellationToken) =>
        Task.FromResult(new CredentialLookup(credential, credential?.Source ?? "there are no credentials in this test"));
}

/// <summary>Waits of less than a minute are over at once and written down; longer ones (time limits) are as long as they say.</summary>
internal sealed class InstantClock : TimeProvider
{
    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero || dueTime >= TimeSpan.FromMinutes(1))
            return System.CreateTimer(callback, state, dueTime, period);
        Waits.Enqueue(dueTime);
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
