using System.Collections.Concurrent;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using SupplyChain.Core.Tools;

namespace SupplyChain.TestKit;

/// <summary>A mirror of tool releases on loopback that counts what is asked of it, and can be made to misbehave.</summary>
internal sealed class ToolMirror : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, HttpReply> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<HttpCall> _calls = new();
    private readonly LoopbackHttpServer _server;

    public ToolMirror() => _server = new LoopbackHttpServer(AnswerAsync);

    public string Address => $"http://{_server.Host}/";

    /// <summary>Takes the path and the number of the request for it, from 1; null: answer as a mirror does.</summary>
    public Func<string, int, HttpReply?>? Fault { get; set; }

    public IReadOnlyList<HttpCall> Calls => [.. _calls];

    /// <summary>How often this file was asked for.</summary>
    public int Asked(ToolRelease release) => _calls.Count(call => call.Path == "/" + release.Path);

    public void Put(string path, byte[] content) => _files[path] = new HttpReply(200, content);

    /// <summary>Serves the content as a release under a pin of its own.</summary>
    public ToolRelease Put(string tool, string version, byte[] content, string platform = "linux-x64")
    {
        var path = ReleaseNames.Path(tool, version, platform);
        Put(path, content);
        return new ToolRelease(tool, version, platform, path, Convert.ToHexStringLower(SHA256.HashData(content)), "a test");
    }

    /// <summary>The same for a file that is too large to be held in memory.</summary>
    public ToolRelease PutFile(string tool, string version, string file)
    {
        var path = ReleaseNames.Path(tool, version, "linux-x64");
        _files[path] = new HttpReply(200, []) { File = file };
        using var content = File.OpenRead(file);
        return new ToolRelease(tool, version, "linux-x64", path, Convert.ToHexStringLower(SHA256.HashData(content)), "a test");
    }

    /// <summary>Makes a .tar.gz of this program, as the projects make them.</summary>
    public static string Pack(string program, string archive)
    {
        using var file = File.Create(archive);
        using var compressed = new GZipStream(file, CompressionLevel.NoCompression);
        using var tar = new TarWriter(compressed);
        tar.WriteEntry(program, Path.GetFileName(program));
        return archive;
    }

    /// <summary>A program that prints this.</summary>
    public static byte[] Script(string text) => Encoding.UTF8.GetBytes($"#!/bin/sh\necho {text}\n");

    /// <summary>A .tar.gz as the projects make them.</summary>
    public static byte[] TarGz(params IEnumerable<(string Name, byte[] Content)> files) => TarGz([.. files.Select(file =>
        new PaxTarEntry(TarEntryType.RegularFile, file.Name) { DataStream = new MemoryStream(file.Content), Mode = (UnixFileMode)0b111_101_101 })]);

    public static byte[] TarGz(params IReadOnlyList<TarEntry> entries)
    {
        var bytes = new MemoryStream();
        // Not compressed: a real program of 160 MB is to take no time.
        using (var compressed = new GZipStream(bytes, CompressionLevel.NoCompression))
        using (var tar = new TarWriter(compressed))
        {
            foreach (var entry in entries)
                tar.WriteEntry(entry);
        }
        return bytes.ToArray();
    }

    public static byte[] Zip(params IEnumerable<(string Name, byte[] Content)> files) => Zip(_ => { }, files);

    public static byte[] Zip(Action<ZipArchiveEntry> change, params IEnumerable<(string Name, byte[] Content)> files)
    {
        var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                var entry = zip.CreateEntry(name);
                change(entry);
                using var stream = entry.Open();
                stream.Write(content);
            }
        }
        return bytes.ToArray();
    }

    private Task<HttpReply> AnswerAsync(HttpCall call, CancellationToken cancellationToken)
    {
        _calls.Enqueue(call);
        var path = call.Path.TrimStart('/');
        var reply = Fault?.Invoke(path, _calls.Count(earlier => earlier.Path == call.Path))
            ?? (_files.TryGetValue(path, out var file) ? file : new HttpReply(404, []));
        return Task.FromResult(reply);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
