namespace SupplyChain.Core.Scanning;

/// <summary>A lock between processes: the file is held open by one of them. It ends with the process, however that ends.</summary>
internal static class FileLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until the lock is free.</summary>
    /// <exception cref="TimeoutException">It did not get free within the time limit.</exception>
    public static async Task<IDisposable> AcquireAsync(string file, TimeSpan timeLimit, TimeProvider clock, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
            {
                if (clock.GetElapsedTime(start) > timeLimit)
                    throw new TimeoutException($"The lock {file} did not get free.", exception);
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }
    }
}
