namespace SupplyChain.Core.Files;

/// <summary>
/// A lock between processes: the file is held open by one of them. It ends with the process, however that ends. The file itself stays: deleting
/// it would let two writers hold locks on two files of one name.
/// </summary>
internal static class FileLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until the lock is free.</summary>
    /// <exception cref="TimeoutException">It did not get free within the time limit.</exception>
    /// <exception cref="IOException">The file cannot be made there.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write there.</exception>
    public static async Task<FileStream> AcquireAsync(string file, TimeSpan timeLimit, TimeProvider clock, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (File.Exists(file))
            {
                if (clock.GetElapsedTime(start) >= timeLimit)
                    throw new TimeoutException($"Another process has held {file} for {timeLimit.TotalSeconds:0} seconds.", exception);
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }
}
