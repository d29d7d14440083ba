using System.Collections.Concurrent;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Tools;

/// <summary>A mirror, an empty tools folder, and installers with short limits.</summary>
internal sealed class InstallBench : IInstallLog, IAsyncDisposable
{
    private readonly TestFolder _folder = new();

    public ToolMirror Mirror { get; } = new();

    public ToolCache Cache => new(_folder.File("tools"));

    public string Folder => _folder.Path;

    public ConcurrentQueue<string> Lines { get; } = new();

    public ConcurrentQueue<string> States { get; } = new();

    public DownloadLimits Limits { get; init; } = new()
    {
        LargestFile = 1024 * 1024,
        Answer = TimeSpan.FromSeconds(20),
        FirstDelay = TimeSpan.FromMilliseconds(1),
    };

    public IToolSource Source() => new HttpToolSource(RegistryHttp.CreateClient(), new Uri(Mirror.Address), Limits.Answer);

    /// <summary>As another process does it: nothing is shared but the folder.</summary>
    public async Task<ToolLook> InstallAsync(ToolRelease release, IToolSource? source = null)
    {
        using var own = source ?? Source();
        return await new ToolInstaller(Cache, own, this, TimeProvider.System, Limits).EnsureAsync(release, TestContext.Current.CancellationToken);
    }

    /// <summary>Returns the message, once it is sure that nothing was left.</summary>
    public async Task<string> FailAsync(ToolRelease release, DiagnosticCode code, IToolSource? source = null)
    {
        var error = await Should.ThrowAsync<DiagnosticException>(() => InstallAsync(release, source));
        error.Diagnostic.Code.ShouldBe(code, error.Message);
        Left().ShouldBeEmpty();
        return error.Message;
    }

    /// <summary>Files in the tools folder, locks excepted.</summary>
    public IReadOnlyList<string> Left() => !Directory.Exists(Cache.Folder) ? [] :
        [.. Directory.EnumerateFiles(Cache.Folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal))];

    void IInstallLog.Say(string line) => Lines.Enqueue(line);

    void IInstallLog.Show(string tool, string state) => States.Enqueue(state);

    public async ValueTask DisposeAsync()
    {
        await Mirror.DisposeAsync();
        _folder.Dispose();
    }
}
