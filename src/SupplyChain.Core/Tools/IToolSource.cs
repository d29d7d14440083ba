namespace SupplyChain.Core.Tools;

/// <summary>
/// Where releases come from. A source is never believed: what it gives is compared with the pinned hash.
/// </summary>
internal interface IToolSource : IDisposable
{
    /// <summary>For people: where this file is there.</summary>
    string Describe(string path);

    /// <param name="path">As <see cref="ToolRelease.Path"/>.</param>
    /// <param name="sha256">Its hash where it is known: some sources find a file by it.</param>
    /// <returns>Null: the source does not have it.</returns>
    /// <exception cref="DownloadFault">It cannot be had.</exception>
    Task<SourceFile?> OpenAsync(string path, string? sha256, CancellationToken cancellationToken);
}

/// <param name="Length">In bytes; null: not announced.</param>
internal sealed record SourceFile(Stream Content, long? Length) : IDisposable
{
    public void Dispose() => Content.Dispose();
}

/// <summary>A download that failed.</summary>
/// <param name="passing">It may work in a moment.</param>
internal sealed class DownloadFault(string message, bool passing, Exception? cause = null) : Exception(message, cause)
{
    public bool IsPassing => passing;
}

/// <summary>A folder laid out as github.com is: <c>FOLDER/sigstore/cosign/releases/download/v3.0.6/cosign-linux-amd64</c>.</summary>
internal sealed class FolderToolSource(string folder) : IToolSource
{
    public string Describe(string path) => Path.Combine([folder, .. path.Split('/')]);

    public Task<SourceFile?> OpenAsync(string path, string? sha256, CancellationToken cancellationToken)
    {
        try
        {
            if (!File.Exists(Describe(path)))
                return Task.FromResult<SourceFile?>(null);
            var stream = File.OpenRead(Describe(path));
            return Task.FromResult<SourceFile?>(new SourceFile(stream, stream.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DownloadFault(e.Message, passing: false, e);
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>Each in turn, until one has the file.</summary>
internal sealed class ToolSourceChain(IReadOnlyList<IToolSource> sources) : IToolSource
{
    public string Describe(string path) => sources[^1].Describe(path);

    public async Task<SourceFile?> OpenAsync(string path, string? sha256, CancellationToken cancellationToken)
    {
        foreach (var source in sources)
        {
            if (await source.OpenAsync(path, sha256, cancellationToken) is { } file)
                return file;
        }
        return null;
    }

    public void Dispose() => sources.ToList().ForEach(source => source.Dispose());
}
