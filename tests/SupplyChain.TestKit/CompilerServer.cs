using System.Diagnostics;
using System.Globalization;

namespace SupplyChain.TestKit;

/// <summary>One C# compiler server for the builds of a test run, apart from those of this machine's user, and ended with the run by its process id.</summary>
internal sealed class CompilerServer : IDisposable
{
    /// <summary>The name of its pipe: <c>$(SharedCompilationId)</c>.</summary>
    public string Id { get; } = $"tests-{Guid.NewGuid():N}";

    public void Dispose()
    {
        if (!OperatingSystem.IsLinux())
            return;
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) || !IsServer(folder))
                continue;
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
            }
            catch (ArgumentException)
            {
                // It has ended by itself in between.
            }
        }
    }

    private bool IsServer(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline")).Contains($"-pipename:{Id}", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
