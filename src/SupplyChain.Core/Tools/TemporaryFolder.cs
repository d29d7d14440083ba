namespace SupplyChain.Core.Tools;

/// <summary>A new folder in the machine's temporary one that only this user can look into (mode 0700); deleted with all that a tool left in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("supplychain-").FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A child that the tool left behind still writes. What is left is readable by this user alone.
        }
    }
}
