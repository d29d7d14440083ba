using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Tools;

/// <summary>What is in a bundle: <c>bundle.json</c>, its first entry.</summary>
internal sealed record BundleContents(int Format, string MadeBy, DateTimeOffset MadeAt, IReadOnlyList<BundleFile> Files);

/// <param name="Path">Inside the bundle, <c>/</c> between the parts.</param>
/// <param name="Size">In bytes.</param>
internal sealed record BundleFile(string Path, long Size, string Sha256);

/// <summary>
/// An air-gap bundle: a tar, or the folder that it was unpacked to. <c>tools/</c> is laid out as github.com is; <c>trivy/db/</c> is the vulnerability
/// database. Nothing in it is believed: tools are compared with their pinned hashes, the rest with bundle.json, which finds what got damaged on the way.
/// </summary>
internal sealed class AirGapBundle : IToolSource
{
    public const int Format = 1;
    public const string ContentsName = "bundle.json";
    public const string ToolsFolder = "tools/";
    public const string DatabaseName = "trivy/db/trivy.db";
    public const string DatabaseMetadataName = "trivy/db/metadata.json";

    private const int LargestContents = 1024 * 1024;

    private readonly string _place;
    private readonly SafeFileHandle? _tar;
    private readonly IReadOnlyDictionary<string, List<TarFile>> _entries;
    private readonly Dictionary<string, BundleFile> _files;

    private AirGapBundle(string place, SafeFileHandle? tar, IReadOnlyDictionary<string, List<TarFile>> entries)
    {
        (_place, _tar, _entries) = (place, tar, entries);
        var contents = JsonSerializer.Deserialize(ReadSmall(ContentsName), BundleJson.Default.BundleContents) ?? throw new JsonException("it holds null");
        if (contents.Format != Format)
            throw new InvalidDataException($"its format is {contents.Format}, and this version of SupplyChain.Build reads format {Format}; make it with the same version");
        _files = contents.Files.ToDictionary(file => file.Path, StringComparer.Ordinal);
    }

    /// <param name="place">Absolute.</param>
    /// <exception cref="DiagnosticException">SCB7012: it is not there, or is no bundle.</exception>
    public static AirGapBundle Open(string place)
    {
        SafeFileHandle? tar = null;
        try
        {
            if (Directory.Exists(place))
                return new AirGapBundle(place, null, new Dictionary<string, List<TarFile>>());
            tar = File.OpenHandle(place);
            return new AirGapBundle(place, tar, TarIndex.Read(tar, CancellationToken.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or JsonException or ArgumentException or DiagnosticException)
        {
            tar?.Dispose();
            throw Unusable(place, e is JsonException ? $"its {ContentsName} cannot be read" : e.Message, e);
        }
    }

    public bool HasDatabase => _files.ContainsKey(DatabaseName) && _files.ContainsKey(DatabaseMetadataName);

    public string Describe(string path) => $"{_place} ({ToolsFolder}{path})";

    public Task<SourceFile?> OpenAsync(string path, string? sha256, CancellationToken cancellationToken) =>
        Task.FromResult(_files.TryGetValue(ToolsFolder + path, out var file) ? new SourceFile(OpenRead(file.Path), file.Size) : null);

    /// <summary>A small file, compared with bundle.json.</summary>
    /// <exception cref="DiagnosticException">SCB7012.</exception>
    public byte[] Read(string name)
    {
        var bytes = ReadSmall(name);
        return Convert.ToHexStringLower(SHA256.HashData(bytes)) == _files[name].Sha256 ? bytes : throw Damaged(name);
    }

    /// <exception cref="DiagnosticException">SCB7012: it is damaged; then nothing is left at <paramref name="target"/>.</exception>
    public async Task ExtractAsync(string name, string target, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var source = OpenRead(name))
        await using (var output = new FileStream(target, FileMode.Create, FileAccess.Write))
        {
            var buffer = new byte[1024 * 1024];
            while (await source.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                hash.AppendData(buffer, 0, read);
                await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        if (Convert.ToHexStringLower(hash.GetHashAndReset()) == _files[name].Sha256)
            return;
        File.Delete(target);
        throw Damaged(name);
    }

    public void Dispose() => _tar?.Dispose();

    private Stream OpenRead(string name)
    {
        if (_tar is null)
            // The names come from bundle.json, and that from anywhere.
            return File.OpenRead(Path.Combine([_place, .. TarName.Normalise(name).Split('/')]));
        return _entries.TryGetValue(name, out var found) && found.Count == 1
            ? new PartStream(_tar, found[0].Offset, found[0].Size)
            : throw Damaged(name);
    }

    private byte[] ReadSmall(string name)
    {
        using var stream = OpenRead(name);
        if (stream.Length > LargestContents)
            throw new InvalidDataException($"its {name} is larger than {LargestContents} bytes");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private DiagnosticException Damaged(string name) => Unusable(_place, $"{SingleLine.Of(name, 200)} is missing, damaged, or another than when the bundle was made");

    private static DiagnosticException Unusable(string place, string why, Exception? cause = null) => new(
        DiagnosticCodes.AirGapBundleUnusable,
        $"SupplyChainAirGapBundle is {place}, which cannot be used: {SingleLine.Of(why, 400).TrimEnd('.')}. Make one on a machine with a network: dotnet build -t:SupplyChainInstallTools -p:SupplyChainAirGapBundle=bundle.tar; then carry it here whole.",
        cause);
}

/// <summary>A part of a file, as a stream; several can be read at once.</summary>
internal sealed class PartStream(SafeFileHandle file, long offset, long length) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int start, int count) => Read(buffer.AsSpan(start, count));

    public override int Read(Span<byte> buffer)
    {
        var read = RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, length - _position)], offset + _position);
        _position += read;
        return read;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    public override void Flush()
    {
    }

    public override long Seek(long start, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int start, int count) => throw new NotSupportedException();
}
