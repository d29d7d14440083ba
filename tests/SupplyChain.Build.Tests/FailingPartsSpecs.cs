using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>A registry that stops working, and a cosign that does: an error that says so, and no tag without complete evidence.</summary>
[Trait("Category", "Slow")]
public sealed class FailingPartsSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_registry_that_fails_from_a_certain_write_on_gets_no_tag_and_the_next_publish_works()
    {
        await using var registry = new TestRegistry();
        var project = workshop.Project();
        // The first publish uploads the base image; from then on each writes as much as the others.
        (await PublishAsync(project, registry)).Succeeded();
        var tagged = registry.Tag("failing", "1.4.0");
        var before = registry.Calls.Count(IsWrite);
        (await PublishAsync(project, registry)).Succeeded();
        var writes = registry.Calls.Count(IsWrite) - before;
        tagged.ShouldNotBe(tagged = registry.Tag("failing", "1.4.0"));
        foreach (var good in new[] { -1, writes / 2, writes - 2, writes - 1 })
        {
            var (seen, failing) = (0, good < 0);
            registry.Before = call =>
            {
                failing |= IsWrite(call) && Interlocked.Increment(ref seen) > good;
                return failing ? TestRegistry.Error(503, "UNAVAILABLE", "down for maintenance", ("Retry-After", "0")) : null;
            };
            var run = (await PublishAsync(project, registry)).Failed();
            registry.Before = _ => null;

            run.Output.ShouldContain("error SCB400", Case.Sensitive, $"after {good} of {writes} writes");
            run.Output.ShouldNotContain("SCB9001");
            File.Exists(project.Path("bin/Release/net10.0/supply-chain/digest.txt")).ShouldBeFalse();
            registry.Tag("failing", "1.4.0").ShouldBe(tagged);
        }

        (await PublishAsync(project, registry)).Succeeded();
    }

    [Fact]
    public async Task A_registry_that_loses_the_evidence_gets_no_tag()
    {
        await using var registry = new TestRegistry();
        registry.After = (call, reply) => call.Path.Contains("/referrers/") ? reply with { Body = """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"""u8.ToArray() } : reply;
        (await PublishAsync(workshop.Project(), registry)).Failed().Output.ShouldContain("error SCB5501");
        registry.Tag("failing", "1.4.0").ShouldBeNull();
    }

    /// <summary>With a key of another kind than cosign makes, so that cosign signs.</summary>
    [Theory]
    [InlineData("echo 'Error: signing failed: the disk is on fire' >&2; exit 1", "error SCB5005", "the disk is on fire")]
    [InlineData("exit 0", "error SCB5005", "")]
    [InlineData("kill -9 $$", "error SCB5005", "")]
    // Signs with another key than the one it was given.
    [InlineData("case $1 in attest*|sign*) set -- $(echo \"$*\" | sed \"s#--key=[^ ]*own.key#--key=$OTHER#; s#--key [^ ]*own.key#--key $OTHER#\");; esac; exec \"$REAL\" \"$@\"", "error SCB5", "")]
    public async Task A_fake_cosign_that_fails_to_sign_means_no_tag(string script, string error, string more)
    {
        using var folder = new TestFolder();
        await ImportedKey.MakeAsync(folder, "own");
        await Workshop.RunAsync("cosign", "generate-key-pair", "--output-key-prefix", folder.File("other"));
        await ShouldBeRefusedAsync($"OTHER='{folder.File("other.key")}'; {script}", $"-p:SupplyChainSigningKey={folder.File("own.key")}", error, more);
    }

    [Theory]
    [InlineData("echo 'Error: the disk is on fire' >&2; exit 1", "the disk is on fire")]
    [InlineData("exit 0", "not one of what it gives back is what this publish signed")]
    [InlineData("kill -9 $$", "")]
    [InlineData("case $1 in verify*) echo 'Error: no matching attestations' >&2; exit 10;; esac; exec \"$REAL\" \"$@\"", "no matching attestations")]
    public Task A_fake_cosign_that_fails_to_verify_means_no_tag(string script, string more) => ShouldBeRefusedAsync(script, workshop.Signed, "error SCB5801", more);

    private async Task ShouldBeRefusedAsync(string script, string key, string error, string more)
    {
        using var programs = new FakePrograms();
        var cosign = programs.Write("cosign", $"REAL='{Toolchain.Require("cosign")}'; case $1 in version) exec \"$REAL\" version;; esac\n{script}");
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var run = (await workshop.Project().PublishAsync(Cancellation, [.. workshop.To("failing", host: registry.Host), key, $"-p:SupplyChainCosignPath={cosign}"])).Failed();

        run.Output.ShouldContain(error);
        run.Output.ShouldContain(more);
        run.Output.ShouldNotContain("SCB9001");
        // At most what only a digest leads to.
        (await registry.WritesAsync(Cancellation)).Where(request => request.Path.Contains("/manifests/") && request.Status < 300)
            .ShouldAllBe(request => request.Path.Contains("/manifests/sha256"));
    }

    private Task<DotnetRun> PublishAsync(TestProject project, TestRegistry registry) =>
        project.PublishAsync(Cancellation, [.. workshop.To("failing", host: registry.Host), workshop.Signed, "-p:SupplyChainMutableTags=1.4.0", AnotherImageEachTime]);

    private const string AnotherImageEachTime = "-p:SupplyChainReproducible=false";

    private static bool IsWrite(HttpCall call) => call.Method is not ("GET" or "HEAD");
}
