using System.Diagnostics;
using System.Globalization;
using System.Text;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks.Signing;

/// <summary>
/// What a signature and four attestations cost: beside one <c>cosign sign</c>, and beside the same five one after the other. All three alternate in one run, so
/// that a busy machine slows them all.
/// </summary>
internal static class SigningRun
{
    private const double MostOfOneSign = 3.5;
    private const double MostOfSequence = 0.8;

    /// <returns>Whether both limits are held.</returns>
    public static async Task<bool> RunAsync(int rounds, int warmUp, CancellationToken cancellationToken)
    {
        using var folder = new TestFolder();
        await using var registry = await DockerRegistry.StartAsync(cancellationToken);
        var (key, cosign) = (folder.File("cosign.key"), Toolchain.Require("cosign"));
        await CosignAsync(cosign, ["generate-key-pair", "--output-key-prefix", folder.File("cosign")], cancellationToken);
        var repository = $"{registry.Host}/hello-api";
        await Crane("push", await BaseImages.LayoutAsync(cancellationToken), $"{repository}:0");
        var settings = new SigningSettings(folder.Path) { Key = key };
        var machine = new LocalMachine();
        var signer = new CosignSigner(new ToolRunner(), new Tool("cosign", cosign, "PATH"), settings, machine);
        var identity = SigningIdentity.Resolve(settings, machine);
        string[] names = ["one cosign sign", "five in sequence", "five in parallel"];
        var times = names.Select(_ => new List<double>()).ToArray();
        for (var round = 1 - warmUp; round <= rounds; round++)
        {
            // Another image each time: evidence that is there already would cost cosign a little more each round.
            await Crane("mutate", $"{repository}:0", "--label", $"round={round}", "--tag", $"{repository}:round");
            var digest = Digest.Parse((await Crane("digest", $"{repository}:round")).Trim());
            var statements = Statements(digest, repository);
            double[] measured =
            [
                await TimeAsync(() => CosignAsync(cosign, ["sign", "--key", key, "--use-signing-config=false", "--tlog-upload=false", "--yes", $"{repository}@{digest}"], cancellationToken)),
                await TimeAsync(async () =>
                {
                    foreach (var statement in statements)
                        await signer.SignAsync([statement], identity, folder.File("sequence"), cancellationToken);
                }),
                await TimeAsync(() => signer.SignAsync(statements, identity, folder.File("parallel"), cancellationToken)),
            ];
            Console.WriteLine((round <= 0 ? "warm-up " : string.Create(CultureInfo.InvariantCulture, $"round {round,2}")) + string.Concat(measured.Select((time, index) => string.Create(CultureInfo.InvariantCulture, $"  {names[index]} {time:0} ms"))));
            for (var way = 0; round > 0 && way < names.Length; way++)
                times[way].Add(measured[way]);
        }

        return Report(names, times);

        async Task<string> Crane(params string[] arguments)
        {
            var result = await Cli.Wrap(Toolchain.Require("crane")).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);
            return result.IsSuccess ? result.StandardOutput : throw new InvalidOperationException($"crane {arguments[0]}: {result.StandardError}");
        }
    }

    private static bool Report(string[] names, List<double>[] times)
    {
        var medians = times.Select(ResultTable.Median).ToArray();
        Console.WriteLine($"\n{Environment.ProcessorCount} cores                  median   min - max (ms)");
        for (var way = 0; way < names.Length; way++)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{names[way],-24} {medians[way],6:0}   {times[way].Min():0} - {times[way].Max():0}"));
        var (ofOne, ofSequence) = (medians[2] / medians[0], medians[2] / medians[1]);
        Console.WriteLine(Line("parallel / one sign", ofOne, MostOfOneSign));
        Console.WriteLine(Line("parallel / sequence", ofSequence, MostOfSequence));
        return ofOne <= MostOfOneSign && ofSequence <= MostOfSequence;

        static string Line(string what, double ratio, double most) =>
            string.Create(CultureInfo.InvariantCulture, $"{what,-24} {ratio,6:0.00}   at most {most}: {(ratio <= most ? "held" : "NOT HELD")}");
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var began = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static async Task CosignAsync(string cosign, string[] arguments, CancellationToken cancellationToken)
    {
        var result = await Cli.Wrap(cosign).WithArguments(arguments).WithEnvironmentVariables(new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = Environment.GetEnvironmentVariable("COSIGN_PASSWORD") ?? "" })
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);
        if (!result.IsSuccess)
            throw new InvalidOperationException($"cosign {arguments[0]}: {result.StandardError}");
    }

    /// <summary>As large as those of a small application on Debian.</summary>
    private static StatementToSign[] Statements(Digest image, string repository) =>
    [
        StatementToSign.Signature(image),
        StatementToSign.Attestation(image, repository, PredicateTypes.CycloneDx, Document("components", 140, 700)),
        StatementToSign.Attestation(image, repository, PredicateTypes.Spdx, Document("packages", 140, 600)),
        StatementToSign.Attestation(image, repository, PredicateTypes.Vulnerabilities, Document("Vulnerabilities", 60, 500)),
        StatementToSign.Attestation(image, repository, PredicateTypes.Provenance, Document("resolvedDependencies", 40, 250)),
    ];

    private static byte[] Document(string list, int count, int size) =>
        Encoding.UTF8.GetBytes($$"""{"{{list}}":[{{string.Join(',', Enumerable.Range(0, count).Select(number => $$"""{"name":"package-{{number}}","text":"{{new string('x', size)}}"}"""))}}]}""");
}
