using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks;

/// <summary>
/// A large image into a local docker-registry: our push and <c>crane push</c> of the same layout, in turns, each into an empty registry; and our push once
/// more into the same one. Both are processes of their own, so that their memory can be told apart.
/// </summary>
internal static class PushBench
{
    private const int Layers = 4;

    public static async Task RunAsync(int megabytes, int rounds, CancellationToken cancellationToken)
    {
        using var folder = new TestFolder();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Making an image of {megabytes} MB in {Layers} layers …"));
        var layout = folder.File("image");
        await WriteAsync(layout, megabytes * 1_000_000L / Layers, cancellationToken);

        var (ours, cranes) = (new List<PushResult>(), new List<double>());
        for (var round = 0; round <= rounds; round++)
        {
            var crane = await CraneAsync(layout, cancellationToken);
            var own = await OwnAsync(layout, cancellationToken);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{(round == 0 ? "warm-up " : $"round {round}")}  crane {crane:0.00} s   ours {own.Seconds:0.00} s, process {own.ProcessSeconds:0.00} s, memory {own.PeakMegabytes} MB (before the push {own.BeforeMegabytes} MB), again: {own.UploadsAgain} uploads"));
            if (round > 0)
            {
                ours.Add(own);
                cranes.Add(crane);
            }
        }

        var (mine, other) = (Median(ours.Select(result => result.Seconds)), Median(cranes));
        var growth = ours.Max(result => result.PeakMegabytes - result.BeforeMegabytes);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

            median: ours {mine:0.00} s, crane {other:0.00} s: {mine / other:0.00} of crane (goal: at most 1.20)
            memory: the push adds at most {growth} MB to the process (goal: under 100)
            again:  {ours.Max(result => result.UploadsAgain)} uploads (goal: 0)
            """));
    }

    private static async Task<double> CraneAsync(string layout, CancellationToken cancellationToken)
    {
        await using var registry = await DockerRegistry.StartAsync(cancellationToken);
        var began = Stopwatch.GetTimestamp();
        await RunAsync(Toolchain.Require("crane"), ["push", layout, $"{registry.Host}/large:1.0"], cancellationToken);
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task<PushResult> OwnAsync(string layout, CancellationToken cancellationToken)
    {
        await using var registry = await DockerRegistry.StartAsync(cancellationToken);
        var began = Stopwatch.GetTimestamp();
        var output = await RunAsync(Environment.ProcessPath!, [.. Self(), "push-once", layout, registry.Host], cancellationToken);
        var total = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var result = JsonSerializer.Deserialize<PushResult>(output)!;
        var before = (await registry.WritesAsync(cancellationToken)).Count;
        await RunAsync(Environment.ProcessPath!, [.. Self(), "push-once", layout, registry.Host], cancellationToken);
        return result with { ProcessSeconds = total, UploadsAgain = (await registry.WritesAsync(cancellationToken)).Count - before };
    }

    /// <summary>Under <c>dotnet run</c> the process is this program; under <c>dotnet exec</c> it needs its own assembly's name first.</summary>
    private static string[] Self() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(PushBench).Assembly.Location] : [];

    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await errors}");
    }

    /// <summary>Layers of random bytes, as compressed ones are to everybody who only carries them.</summary>
    private static async Task WriteAsync(string directory, long layerSize, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.Combine(directory, "blobs", "sha256"));
        var layers = new List<Descriptor>();
        for (var i = 0; i < Layers; i++)
        {
            var temporary = Path.Combine(directory, "layer");
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using (var file = File.Create(temporary))
            {
                var buffer = new byte[1_000_000];
                for (long written = 0; written < layerSize; written += buffer.Length)
                {
                    RandomNumberGenerator.Fill(buffer);
                    var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, layerSize - written));
                    hash.AppendData(part.Span);
                    await file.WriteAsync(part, cancellationToken);
                }
            }
            var layer = new Descriptor(MediaTypes.OciLayerGzip, Digest.FromHash(hash.GetHashAndReset()), layerSize);
            File.Move(temporary, Path.Combine(directory, "blobs", "sha256", layer.Digest.Hex));
            layers.Add(layer);
        }
        var diffIds = string.Join(',', layers.Select(layer => $"\"{layer.Digest}\""));
        var config = Write(directory, MediaTypes.OciConfig, System.Text.Encoding.UTF8.GetBytes($$$"""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[{{{diffIds}}}]},"config":{}}"""));
        var manifest = Write(directory, MediaTypes.OciManifest, JsonSerializer.SerializeToUtf8Bytes(new OciManifest(2, MediaTypes.OciManifest, config, layers), OciJson.Plain.OciManifest));
        OciLayoutFiles.Write(directory, manifest);
    }

    private static Descriptor Write(string directory, string mediaType, byte[] content)
    {
        var descriptor = new Descriptor(mediaType, Digest.Of(content), content.Length);
        File.WriteAllBytes(Path.Combine(directory, "blobs", "sha256", descriptor.Digest.Hex), content);
        return descriptor;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);
}
