using System.Globalization;
using System.Security.Cryptography;

namespace SupplyChain.Core.Tools;

/// <summary>What a download may take.</summary>
internal sealed record DownloadLimits
{
    /// <summary>In bytes. Cosign is 90 MB.</summary>
    public long LargestFile { get; init; } = 512L * 1024 * 1024;

    /// <summary>How long an answer may take to begin.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>In each of these spans <see cref="LeastBytes"/> must come: a server that sends a byte now and then must not hold a build for hours.</summary>
    public TimeSpan Span { get; init; } = TimeSpan.FromSeconds(30);

    public long LeastBytes { get; init; } = 64 * 1024;

    public TimeSpan Whole { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>After the first attempt.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>Doubled each time.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);
}

/// <summary>Writes a file of a source to disk and hashes it on the way.</summary>
internal sealed class ToolDownload(IToolSource source, DownloadLimits limits, TimeProvider clock)
{
    /// <param name="progress">Takes the bytes that have come and the bytes announced.</param>
    /// <returns>SHA-256 and size; null: the source does not have the file. Then, and after a fault, nothing is left at <paramref name="target"/>.</returns>
    /// <exception cref="DownloadFault">It cannot be had: too large, too slow, cut off, refused.</exception>
    public async Task<(string Sha256, long Size)?> FetchAsync(string path, string? sha256, string target, Action<long, long?> progress, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await FetchOnceAsync(path, sha256, target, progress, cancellationToken);
            }
            catch (DownloadFault fault)
            {
                File.Delete(target);
                if (!fault.IsPassing || attempt == limits.Retries)
                    throw;
            }
            catch
            {
                File.Delete(target);
                throw;
            }
            await Task.Delay(limits.FirstDelay * (1 << attempt), clock, cancellationToken);
        }
    }

    private async Task<(string, long)?> FetchOnceAsync(string path, string? sha256, string target, Action<long, long?> progress, CancellationToken cancellationToken)
    {
        using var file = await source.OpenAsync(path, sha256, cancellationToken);
        if (file is null)
            return null;
        if (file.Length > limits.LargestFile)
            throw TooLarge();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var output = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
        var (buffer, size, pace) = (new byte[128 * 1024], 0L, new Pace(limits, clock));
        while (await ReadAsync(file.Content, buffer, pace, cancellationToken) is > 0 and var read)
        {
            if ((size += read) > limits.LargestFile)
                throw TooLarge();
            hash.AppendData(buffer, 0, read);
            await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            progress(size, file.Length);
        }
        return size < file.Length
            ? throw new DownloadFault(string.Create(CultureInfo.InvariantCulture, $"it broke off after {size} of {file.Length} bytes"), passing: true)
            : (Convert.ToHexStringLower(hash.GetHashAndReset()), size);
    }

    private async Task<int> ReadAsync(Stream content, byte[] buffer, Pace pace, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(pace.Left, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var read = await content.ReadAsync(buffer, stop.Token);
            return pace.Allows(read) ? read : throw TooSlow();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TooSlow();
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new DownloadFault($"it broke off: {Diagnostics.SingleLine.Of(e.Message, 300)}", passing: true, e);
        }
    }

    private DownloadFault TooLarge() => new(string.Create(CultureInfo.InvariantCulture, $"it is larger than {limits.LargestFile / (1024 * 1024.0):0.#} MB, which no release is"), passing: false);

    private DownloadFault TooSlow() => new(string.Create(CultureInfo.InvariantCulture, $"less than {limits.LeastBytes / 1024} KB came within {limits.Span.TotalSeconds:0.#} s"), passing: false);

    /// <summary>Watches that enough comes in each span of time.</summary>
    private sealed class Pace(DownloadLimits limits, TimeProvider clock)
    {
        private readonly long _start = clock.GetTimestamp();
        private long _spanStart = clock.GetTimestamp();
        private long _bytes;

        public TimeSpan Left => Positive(limits.Span - clock.GetElapsedTime(_spanStart));

        public bool Allows(int read)
        {
            _bytes += read;
            if (read == 0)
                return true;
            if (_bytes >= limits.LeastBytes)
                (_spanStart, _bytes) = (clock.GetTimestamp(), 0);
            return clock.GetElapsedTime(_spanStart) < limits.Span && clock.GetElapsedTime(_start) < limits.Whole;
        }

        private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.FromMilliseconds(1) ? time : TimeSpan.FromMilliseconds(1);
    }
}
