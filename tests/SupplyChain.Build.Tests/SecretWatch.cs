using System.Collections.Concurrent;
using System.Text;

namespace SupplyChain.Build.Tests;

/// <summary>
/// Looks again and again, as another user of the machine could, at the process list and at temporary files while a publish runs. What lives shorter than a look
/// may be missed; the tests of the parts look at each process and file.
/// </summary>
internal sealed class SecretWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, byte> _found = new();
    private readonly ConcurrentDictionary<string, byte> _processes = new();
    private readonly IReadOnlyList<string> _folders;
    private readonly IReadOnlyList<string> _secrets;
    private readonly Task _watching;

    public SecretWatch(IReadOnlyList<string> folders, IReadOnlyList<string> secrets)
    {
        (_folders, _secrets) = (folders, secrets);
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>The command lines that were seen.</summary>
    public IEnumerable<string> Processes => _processes.Keys;

    /// <summary>Ends the watch.</summary>
    public async Task<IReadOnlyCollection<string>> FoundAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        return [.. _found.Keys];
    }

    public async ValueTask DisposeAsync()
    {
        await FoundAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            foreach (var process in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(folder[^1])))
                Look($"{process}/cmdline", text => _processes.TryAdd(text.Replace('\0', ' '), 0));
            foreach (var file in _folders.Where(Directory.Exists).SelectMany(Files))
                Look(file, _ => { });
            await Task.Delay(15, CancellationToken.None);
        }
    }

    /// <summary>Those that a secret could be written to: small, and of this moment. Pipes (the debugger's) have no length, and reading one would never end.</summary>
    private static IEnumerable<string> Files(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 6, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None })
                .Where(file => file.Length is > 0 and < 64 * 1024 && file.LastWriteTimeUtc > DateTime.UtcNow.AddSeconds(-1)).Select(file => file.FullName).ToList();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private void Look(string file, Action<string> seen)
    {
        try
        {
            var text = Encoding.UTF8.GetString(File.ReadAllBytes(file));
            seen(text);
            foreach (var secret in _secrets.Where(secret => text.Contains(secret, StringComparison.Ordinal)))
                _found.TryAdd($"{secret} in {file}", 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is gone.
        }
    }
}
