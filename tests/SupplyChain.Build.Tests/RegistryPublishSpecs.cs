using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

public sealed class RegistryPublishSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_reference_and_one_command_give_a_scanned_signed_attested_verified_and_tagged_image()
    {
        var project = workshop.Project();
        var run = (await project.PublishAsync(Cancellation, [.. workshop.To("one-reference"), workshop.Signed])).Succeeded();

        var digest = (await Workshop.RunAsync("crane", "digest", $"{workshop.Registry.Host}/one-reference:1.4.0")).StandardOutput.Trim();
        var reference = $"{workshop.Registry.Host}/one-reference@{digest}";
        run.Lines[^1].Trim().ShouldBe(reference);
        var output = project.Path("bin/Release/net10.0/supply-chain");
        File.ReadAllText(Path.Combine(output, "digest.txt")).ShouldBe(reference + "\n");
        (await Workshop.RunAsync("cosign", "verify", "--key", workshop.PublicKey, "--insecure-ignore-tlog=true", reference)).ExitCode.ShouldBe(0);
        (await Workshop.RunAsync("cosign", "verify-attestation", "--type", "https://cyclonedx.org/bom", "--key", workshop.PublicKey, "--insecure-ignore-tlog=true", reference)).ExitCode.ShouldBe(0);
        var discovered = await Workshop.RunAsync("oras", "discover", "--plain-http", "--format", "json", reference);

        using var sbom = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(output, "sbom.cdx.json")));
        sbom.RootElement.GetProperty("specVersion").GetString().ShouldBe("1.6");
        sbom.RootElement.GetProperty("components").EnumerateArray().ShouldContain(component => component.GetProperty("name").GetString() == "libc6");

        using var receipt = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(output, "receipt.json")));
        receipt.RootElement.GetProperty("digest").GetString().ShouldBe(digest);
        JsonDocument.Parse(discovered.StandardOutput).RootElement.GetProperty("referrers").GetArrayLength().ShouldBe(receipt.RootElement.GetProperty("evidence").GetArrayLength());
        receipt.RootElement.GetProperty("signed").GetBoolean().ShouldBeTrue();
        receipt.RootElement.GetProperty("verifiedSigner").GetString().ShouldNotBeNullOrEmpty();
        File.Exists(project.Path("obj/Release/net10.0/supply-chain/image.tar")).ShouldBeFalse("the archive is deleted once the layout stands");
    }

    [Fact]
    public async Task The_tag_is_the_last_thing_that_is_written()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        (await workshop.Project().PublishAsync(Cancellation, [.. workshop.To("last", host: registry.Host), workshop.Signed])).Succeeded();

        var writes = (await registry.WritesAsync(Cancellation)).Where(request => request.Status < 300).ToList();
        writes[^1].Path.ShouldEndWith("/v2/last/manifests/1.4.0");
        writes.Count(request => request.Path.EndsWith("/manifests/1.4.0", StringComparison.Ordinal)).ShouldBe(1);
        writes.SkipLast(1).ShouldAllBe(request => !request.Path.Contains("/manifests/") || request.Path.Contains("/manifests/sha256"));
    }

    [Fact]
    public async Task A_gate_that_fails_writes_nothing_at_all_to_the_registry_and_names_the_line_to_change()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var project = workshop.Project();
        project.WriteProject(items: """<PackageReference Include="Newtonsoft.Json" Version="12.0.3" />""");
        project.Write("Program.cs", "Console.WriteLine(Newtonsoft.Json.JsonConvert.SerializeObject(1));");
        var run = (await project.PublishAsync(Cancellation, [.. workshop.To("stopped", host: registry.Host), workshop.Signed, "-p:SupplyChainSeverityThreshold=High", "-p:SupplyChainIgnoreUnfixed=true"])).Failed();

        var line = File.ReadAllLines(project.ProjectFile).ToList().FindIndex(text => text.Contains("Newtonsoft.Json")) + 1;
        run.Output.ShouldContain($"HelloApi.csproj({line}): error SCB3501: Newtonsoft.Json 12.0.3 has CVE-2024-21907 (High)");
        run.Output.ShouldContain("13.0.1");
        run.Output.ShouldContain("error SCB3500: 1 high finding at or above threshold High; nothing was pushed");
        (await registry.WritesAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Pushing_with_neither_key_nor_identity_fails_before_the_image_is_built_and_says_the_three_ways_out()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var run = (await workshop.Project().PublishAsync(Cancellation, workshop.To("unsigned", host: registry.Host))).Failed();

        run.Output.ShouldContain("error SCB5002: nothing to sign with");
        run.Output.ShouldContain("SupplyChainGenerateKeyPair");
        run.Output.ShouldContain("id-token: write");
        run.Output.ShouldContain("SupplyChainSign=false");
        run.Output.ShouldNotContain("Building image");
        (await registry.WritesAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task SupplyChainSign_false_pushes_and_tags_without_a_signature()
    {
        var run = (await workshop.Project().PublishAsync(Cancellation, [.. workshop.To("plain"), "-p:SupplyChainSign=false"])).Succeeded();
        run.Output.ShouldContain("tagged 1.4.0");
        (await Workshop.RunAsync("crane", "ls", $"{workshop.Registry.Host}/plain")).StandardOutput.Trim().ShouldBe("1.4.0");
    }

    [Fact]
    public async Task An_existing_tag_is_not_moved_and_the_new_image_is_not_uploaded()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var project = workshop.Project();
        (await project.PublishAsync(Cancellation, [.. workshop.To("moved", host: registry.Host), workshop.Signed])).Succeeded();
        var before = (await registry.WritesAsync(Cancellation)).Count;
        project.Write("Program.cs", """Console.WriteLine("another");""");

        var run = (await project.PublishAsync(Cancellation, [.. workshop.To("moved", host: registry.Host), workshop.Signed])).Failed();
        run.Output.ShouldContain("error SCB4010: tag 1.4.0");
        run.Output.ShouldContain("SupplyChainMutableTags");
        (await registry.WritesAsync(Cancellation)).Count.ShouldBe(before);
    }

    [Fact]
    public async Task SupplyChainPush_false_stops_after_the_gate()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var run = (await workshop.Project().PublishAsync(Cancellation, [.. workshop.To("kept", host: registry.Host), "-p:SupplyChainPush=false"])).Succeeded();
        run.Output.ShouldContain("scanned with Trivy");
        run.Output.ShouldContain("not pushed (SupplyChainPush=false)");
        run.Lines[^1].Trim().ShouldStartWith("kept@sha256:", customMessage: "no registry has it");
        (await registry.WritesAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_registry_with_a_password_is_reached_with_the_credentials_the_SDK_uses()
    {
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { RequirePassword = true }, Cancellation);
        var run = (await workshop.Project().PublishAsync(
            Cancellation,
            [.. workshop.To("guarded", host: registry.Host), workshop.Signed, "-v:detailed"],
            new Dictionary<string, string?> { ["DOTNET_CONTAINER_PUSH_REGISTRY_UNAME"] = DockerRegistry.UserName, ["DOTNET_CONTAINER_PUSH_REGISTRY_PWORD"] = DockerRegistry.Password })).Succeeded();
        run.Output.ShouldContain($"verified from {registry.Host}; tagged 1.4.0");
        run.Output.ShouldNotContain(DockerRegistry.Password);
    }

    [Fact]
    public async Task Wrong_credentials_are_an_error_that_names_the_registry_and_what_to_do()
    {
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { RequirePassword = true }, Cancellation);
        var run = (await workshop.Project().PublishAsync(
            Cancellation,
            [.. workshop.To("guarded", host: registry.Host), workshop.Signed],
            new Dictionary<string, string?> { ["DOTNET_CONTAINER_PUSH_REGISTRY_UNAME"] = "somebody", ["DOTNET_CONTAINER_PUSH_REGISTRY_PWORD"] = "wrong-secret" })).Failed();
        run.Output.ShouldContain($"error SCB4002: {registry.Host}");
        run.Output.ShouldNotContain("wrong-secret");
    }

    [Fact]
    public async Task The_same_archive_published_again_adds_no_signature_and_no_referrer()
    {
        var project = workshop.Project();
        project.Write("Directory.Build.targets", """
            <Project>
              <Target Name="UseTheSameArchive" BeforeTargets="SupplyChainOpenImage">
                <Copy SourceFiles="$(ContainerArchiveOutputPath)" DestinationFiles="kept.tar" Condition="!Exists('kept.tar')" />
                <Copy SourceFiles="kept.tar" DestinationFiles="$(ContainerArchiveOutputPath)" />
              </Target>
            </Project>
            """);
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var first = (await project.PublishAsync(Cancellation, [.. workshop.To("again", host: registry.Host), workshop.Signed])).Succeeded();
        var before = (await registry.WritesAsync(Cancellation)).Count;
        var second = (await project.PublishAsync(Cancellation, [.. workshop.To("again", host: registry.Host), workshop.Signed])).Succeeded();

        second.Lines[^1].ShouldBe(first.Lines[^1]);
        second.Output.ShouldContain("already signed");
        second.Output.ShouldContain("kept: the same image, scanner and vulnerability database");
        first.Output.ShouldNotContain("kept: ");
        (await registry.WritesAsync(Cancellation)).Count.ShouldBe(before);
    }

    [Fact]
    public async Task An_output_path_that_cannot_be_a_folder_is_an_error_that_names_it()
    {
        var run = (await workshop.Project().PublishAsync(Cancellation, [.. workshop.To("no-folder"), workshop.Signed, "-p:SupplyChainOutputPath=Program.cs/"])).Failed();
        run.Output.ShouldContain("error SCB0108: SupplyChainOutputPath is");
        run.Output.ShouldContain("Program.cs");
    }
}
