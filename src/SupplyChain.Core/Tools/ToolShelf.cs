using System.Collections.Concurrent;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Tools;

/// <summary>
/// The tools of one publish. Installing and checking begin at once, beside whatever else goes on; who wants to run a tool waits for its own.
/// </summary>
internal sealed class ToolShelf : IInstallLog, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<Tool>>> _ready = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _states = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ToolMemory _memory;
    private readonly ToolInstaller _installer;
    private readonly ToolCache _cache;
    private readonly ReleaseSignatures? _signatures;
    private readonly bool _everySignature;
    private Tool? _cosign;
    private readonly IToolSource _source;

    /// <param name="signatures">Checks the signatures of what is installed; null: the pinned hashes alone.</param>
    /// <param name="everySignature">Also of what was installed before and not verified then.</param>
    public ToolShelf(string toolsFolder, IToolSource source, TimeProvider clock, DownloadLimits? limits = null, ReleaseSignatures? signatures = null, bool everySignature = false)
    {
        _cache = new ToolCache(toolsFolder);
        (_memory, _source, _signatures, _everySignature) = (new ToolMemory(_cache.Looks), source, signatures, everySignature);
        _installer = new ToolInstaller(_cache, source, this, clock, limits);
    }

    /// <summary>Begins to make these ready, and waits for nothing. What goes wrong is said to who waits.</summary>
    public void Begin(params IEnumerable<Tool?> tools)
    {
        var all = tools.OfType<Tool>().ToList();
        // Known before the first of them is installed: it verifies the others.
        _cosign ??= all.FirstOrDefault(tool => tool.Name == "cosign");
        all.ForEach(tool => _ = ReadyTask(tool));
    }

    /// <summary>The tool with version and hash, at its place, and neither changed nor known to be malicious.</summary>
    /// <exception cref="DiagnosticException">SCB70xx: it must not be run, or cannot be had.</exception>
    public Task<Tool> ReadyAsync(Tool tool, CancellationToken cancellationToken) => ReadyTask(tool).WaitAsync(cancellationToken);

    /// <summary>Waits for these, and tells meanwhile what is going on, not more often than <paramref name="pause"/>.</summary>
    public async Task WaitAsync(IEnumerable<Tool?> tools, Action<string> say, TimeSpan pause, CancellationToken cancellationToken)
    {
        var wanted = tools.OfType<Tool>().ToList();
        Begin(wanted);
        var all = Task.WhenAll(wanted.Select(ReadyTask));
        while (await Task.WhenAny(all, Task.Delay(pause, cancellationToken)) != all)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var state in _states.Values.Where(state => state.Length > 0))
                say(state);
        }
        while (_lines.TryDequeue(out var line))
            say(line);
        await all;
    }

    void IInstallLog.Say(string line) => _lines.Enqueue(line);

    void IInstallLog.Show(string tool, string state) => _states[tool] = state;

    private Task<Tool> ReadyTask(Tool tool) => _ready.GetOrAdd(tool.Path, _ => new Lazy<Task<Tool>>(() => Task.Run(() => MakeReadyAsync(tool, _stop.Token)))).Value;

    private async Task<Tool> MakeReadyAsync(Tool tool, CancellationToken cancellationToken)
    {
        try
        {
            if (tool.Release is not { } release)
                return await LookAtAsync(tool, cancellationToken);
            var look = await VerifyAsync(tool, release, await _installer.EnsureAsync(release, cancellationToken), cancellationToken);
            return tool with { Version = release.Version, Sha256 = look.Sha256, Verified = look.Signed ? "SHA-256 as pinned, signature verified" : "SHA-256 as pinned" };
        }
        finally
        {
            _states.TryRemove(tool.Name, out _);
        }
    }

    /// <summary>Once, when it is installed: a publish does not ask Sigstore each time.</summary>
    private async Task<ToolLook> VerifyAsync(Tool tool, ToolRelease release, ToolLook look, CancellationToken cancellationToken)
    {
        if (_signatures is null || _cosign is not { } cosign || look.Signed || !(look.IsNew || _everySignature))
            return look;
        try
        {
            // Cosign's own signature is verified by itself: its hash has been compared already.
            var verifier = tool.Path == cosign.Path ? tool with { Version = release.Version } : await ReadyTask(cosign);
            _states[tool.Name] = $"verifying the signature of {release.DisplayName}";
            var outcome = await _signatures.CheckAsync(verifier, release, _cache.Download(release), _cache.Signature(release), cancellationToken);
            _lines.Enqueue(outcome.Verified
                ? $"signature of {release.DisplayName} verified: {ReleaseNames.Signer(release.Tool, release.Version)!.Identity}"
                : $"signature of {release.DisplayName} not checked, its hash is the pinned one: {outcome.WhyNot}");
            return outcome.Verified ? _installer.Confirm(release, look) : look;
        }
        catch (DiagnosticException e) when (e.Diagnostic.Code == DiagnosticCodes.ToolSignatureInvalid)
        {
            _installer.Remove(release);
            throw;
        }
    }

    /// <summary>A program of the user's own is trusted, unless it is known to be malicious.</summary>
    private async Task<Tool> LookAtAsync(Tool tool, CancellationToken cancellationToken)
    {
        try
        {
            if (_memory.Recall(tool.Path) is not { } look)
            {
                look = await ToolLook.TakeAsync(tool.Path, cancellationToken);
                _memory.Remember(tool.Path, look);
            }
            DeniedTools.Refuse(tool.Name, look.Version, look.Sha256, $"{tool.Name} ({tool.Path}, found by {tool.FoundBy})");
            return tool with { Version = look.Version, Sha256 = look.Sha256, Verified = "not verified: a program of this machine" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ToolUnusable,
                $"{tool.Name} ({tool.Path}, found by {tool.FoundBy}) cannot be read to see what it is: {SingleLine.Of(e.Message, 300).TrimEnd('.')}. The current user must be able to read a program as well as to execute it.",
                e);
        }
    }

    /// <summary>Ends a download that nobody waits for any more.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        var running = _ready.Values.Select(ready => (Task)ready.Value).ToList();
        // A moment for what was begun to be removed; a fault in it no longer matters to anyone.
        Task.WhenAny(Task.WhenAll(running), Task.Delay(TimeSpan.FromSeconds(5))).GetAwaiter().GetResult();
        foreach (var task in running.Where(task => task.IsFaulted))
            _ = task.Exception;
        _source.Dispose();
        _stop.Dispose();
    }
}

/// <summary>Runs no tool before it is installed and checked. Programs that are none of this package's tools (docker, podman) run as they are.</summary>
internal sealed class CheckedToolRunner(IToolRunner runner, ToolShelf shelf) : IToolRunner
{
    /// <inheritdoc/>
    public async Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        if (KnownTool.IsKnown(invocation.Tool.Name))
            await shelf.ReadyAsync(invocation.Tool, cancellationToken);
        return await runner.RunAsync(invocation, cancellationToken);
    }
}
