using System.Diagnostics;
using System.Globalization;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Stores;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>
/// A program that runs a whole publish from the SDK's archive on is killed (SIGKILL, with all that it has started) at random moments. Real cosign, our
/// strict registry, one state folder for all: what one leaves behind is what the next one finds.
/// </summary>
[Trait("Category", "Slow")]
public sealed class KilledHostSpecs : IAsyncDisposable
{
    private const int Kills = 50;
    private const string Tag = "1.0";

    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly string[] Types = [PredicateTypes.CosignSignature, PredicateTypes.CycloneDx];
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private readonly TestRegistry _registry = new(new TestRegistryOptions { ReferrersApi = false, Latency = TimeSpan.FromMilliseconds(2) });

    [Fact]
    public async Task Killed_at_50_random_moments_it_leaves_no_tag_without_complete_evidence_and_the_next_run_succeeds()
    {
        await PrepareAsync();
        var watch = Stopwatch.StartNew();
        (await RunAsync("0", Timeout.InfiniteTimeSpan)).ShouldBe(0);
        // The second is as long as the others: what the first has loaded is in the machine's memory.
        watch.Restart();
        (await RunAsync("1", Timeout.InfiniteTimeSpan)).ShouldBe(0);
        var whole = watch.Elapsed;

        // The same moments each time; what the process is doing then differs anyway.
        var random = new Random(5);
        var killed = 0;
        for (var i = 0; killed < Kills && i < 6 * Kills; i++)
        {
            // Another image each time, under a tag that may move: so a tag that has been moved too early shows.
            var image = $"image{i}";
            var moment = whole * random.NextDouble();
            watch.Restart();
            if (await RunAsync(image, moment) is not null)
            {
                // The machine has become quicker: moments are chosen within what a run takes now.
                whole = watch.Elapsed < whole ? watch.Elapsed : whole;
                continue;
            }
            killed++;
            await ShouldBeCompleteAsync($"killed after {moment.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms of {whole.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)}");
            // The next run is one that lives in each second case; in the others it is killed too, over what this one left.
            if (killed % 2 == 0)
            {
                (await RunAsync(image, Timeout.InfiniteTimeSpan)).ShouldBe(0);
                _registry.Tag("team/app", Tag).ShouldBe(_digests[image].ToString());
                await ShouldBeCompleteAsync($"after {image}");
            }
        }
        killed.ShouldBe(Kills);
        (await RunAsync("last", Timeout.InfiniteTimeSpan)).ShouldBe(0);
        _registry.Tag("team/app", Tag).ShouldBe(_digests["last"].ToString());
        await ShouldBeCompleteAsync("at the end");
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _bench.Dispose();
        _folder.Dispose();
    }

    private readonly Dictionary<string, Digest> _digests = [];
    private string _errors = "";

    private async Task PrepareAsync()
    {
        await File.WriteAllTextAsync(_folder.File("sbom.json"), """{"bomFormat":"CycloneDX","specVersion":"1.6"}""", Token);
        using var keys = Process.Start(new ProcessStartInfo(Toolchain.Require("cosign"), ["generate-key-pair", "--output-key-prefix", _folder.File("key")]) { Environment = { ["COSIGN_PASSWORD"] = "" }, RedirectStandardError = true })!;
        await keys.StandardError.ReadToEndAsync(Token);
        await keys.WaitForExitAsync(Token);
        var settings = new Settings(
            new Dictionary<string, string>
            {
                ["ContainerRegistry"] = _registry.Host,
                ["ContainerRepository"] = "team/app",
                ["ContainerImageTags"] = Tag,
                ["AssemblyName"] = "App",
                ["Version"] = "1.0.0",
                ["TargetFramework"] = "net10.0",
                ["ProjectAssetsFile"] = "obj/project.assets.json",
                ["OutputDirectory"] = "out",
                ["SupplyChainSeverityThreshold"] = "Critical",
                ["SupplyChainScan"] = "false",
                ["SupplyChainReproducible"] = "false",
                ["SupplyChainSbomFormats"] = "CycloneDX",
                ["SupplyChainAttestations"] = "Sbom",
                ["SupplyChainMutableTags"] = Tag,
                ["SupplyChainSigningKey"] = "key.key",
                ["SupplyChainCosignPath"] = Toolchain.Require("cosign"),
            },
            _folder.File("App.csproj"));
        new StateFile<PublishPlan>(_folder.Path, "plan.json", PublishingJson.Default.PublishPlan).Write(new PlanReader(new LocalMachine()).Read(settings));
    }

    /// <returns>The exit code; null: it was killed.</returns>
    private async Task<int?> RunAsync(string image, TimeSpan killAfter)
    {
        var archive = _folder.File($"{image}.tar");
        if (!File.Exists(archive))
        {
            var layout = SampleImage.Write(_folder, image, 200_000);
            _digests[image] = layout.Root.Digest;
            await OciArchiveWriter.WriteAsync(layout, new ImageReference(null, "team/app"), [Tag], archive, Token);
        }
        var program = Path.Combine(Toolchain.RepositoryRoot, "tests", "SupplyChain.PublishHost", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "SupplyChain.PublishHost");
        using var host = Process.Start(new ProcessStartInfo(program, [_folder.File("obj/supply-chain"), _folder.File("plan.json"), archive, _folder.File("sbom.json")])
        {
            Environment = { ["COSIGN_PASSWORD"] = "" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = Task.WhenAll(host.StandardOutput.ReadToEndAsync(Token), host.StandardError.ReadToEndAsync(Token));
        if (killAfter != Timeout.InfiniteTimeSpan)
        {
            await Task.WhenAny(host.WaitForExitAsync(Token), Task.Delay(killAfter, Token));
            if (!host.HasExited)
            {
                // SIGKILL, by its process id, and to those that it has started.
                host.Kill(entireProcessTree: true);
                await host.WaitForExitAsync(Token);
                await output;
                return null;
            }
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        try
        {
            await host.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!Token.IsCancellationRequested)
        {
            host.Kill(entireProcessTree: true);
            throw new TimeoutException($"{image} is not published after three minutes:\n{string.Join('\n', await output)}");
        }
        _errors = string.Join('\n', await output);
        host.ExitCode.ShouldBe(0, _errors);
        return host.ExitCode;
    }

    /// <summary>What the tag points to has all its evidence, read back as a stranger would.</summary>
    private async Task ShouldBeCompleteAsync(string what)
    {
        var digest = Digest.Parse(_registry.Tag("team/app", Tag)!);
        var store = _bench.Store(_registry.Host);
        var subject = new Descriptor(MediaTypes.OciManifest, digest, 0);
        var found = new List<string>();
        foreach (var stored in await new EvidenceReader().ListAsync(store, subject, Token))
        {
            var statement = Bundle.Parse(await new EvidenceReader().ReadBundleAsync(store, stored, Token)).Statement;
            statement.Subjects.ShouldContain(digest, what);
            found.Add(statement.PredicateType);
        }
        found.Distinct().ShouldBe(Types, ignoreOrder: true, what);
    }
}
