using System.Formats.Tar;
using System.IO.Compression;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

[Trait("Category", "Slow")]
public sealed class ReproduciblePublishSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_commit_built_in_two_folders_gives_one_image_and_the_second_publish_uploads_and_signs_nothing()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        string[] arguments = [.. workshop.To("reproducible", host: registry.Host), workshop.Signed, "-p:ContinuousIntegrationBuild=true"];
        var first = await CommittedAsync("first");
        (await first.PublishAsync(Cancellation, arguments)).Succeeded();
        var writes = (await registry.WritesAsync(Cancellation)).Count;

        var second = await CommittedAsync("zweiter Ordner");
        File.SetLastWriteTimeUtc(second.Path("Program.cs"), DateTime.UtcNow.AddDays(-40));
        var run = (await second.PublishAsync(Cancellation, arguments)).Succeeded();

        Digest(second).ShouldBe(Digest(first));
        foreach (var document in new[] { "sbom.cdx.json", "sbom.spdx.json", "build.cdx.json" })
        {
            var text = File.ReadAllText(first.Path($"bin/Release/net10.0/supply-chain/{document}"));
            File.ReadAllText(second.Path($"bin/Release/net10.0/supply-chain/{document}")).ShouldBe(text, document);
            text.ShouldContain("2026-03-04T05:06:07Z");
        }

        run.Output.ShouldContain("everything already there");
        run.Output.ShouldContain("nothing to add");
        // The tag stands where it should: it may be written again or not, but nothing else is.
        (await registry.WritesAsync(Cancellation)).Skip(writes).Where(request => !request.Path.EndsWith("/manifests/1.4.0", StringComparison.Ordinal)).ShouldBeEmpty();
        (await workshop.HasCompleteEvidenceAsync(Digest(first))).ShouldBeTrue();
    }

    /// <summary>Without scan and signature: another user may reach the SDK alone.</summary>
    [Fact]
    public async Task Another_user_with_another_home_and_time_zone_makes_the_same_image_on_another_day()
    {
        string[] arguments = [workshop.OnBaseImage, "-p:ContinuousIntegrationBuild=true", "-p:SupplyChainScan=false", "-p:SupplyChainSign=false", "-p:SupplyChainOffline=true"];
        var own = await CommittedAsync("app");
        (await own.PublishAsync(Cancellation, arguments)).Succeeded();

        using var elsewhere = new TestFolder();
        File.Copy(workshop.Package.File, Path.Combine(Directory.CreateDirectory(elsewhere.File("feed")).FullName, Path.GetFileName(workshop.Package.File)));
        string[] under = OperatingSystem.IsLinux() && Environment.UserName == "root" ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
        var other = new DotnetCli(elsewhere.File("home")) { Under = under, Environment = { ["TZ"] = "Pacific/Kiritimati", ["USER"] = "nobody" } };
        var project = await CommittedAsync(new TestProject(other, elsewhere.File("Quellen"), elsewhere.File("feed")));
        // As if it had been cloned weeks ago.
        foreach (var file in Directory.GetFiles(project.Directory, "*.cs"))
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-40));
        // By whoever runs the tests: the package sources are theirs.
        (await new DotnetCli(elsewhere.File("home")).RunAsync(project.Directory, ["restore"], Cancellation)).Succeeded();
        if (OperatingSystem.IsLinux() && under.Length > 0)
        {
            (await Cli.Wrap("chown").WithArguments(["-R", "65534:65534", elsewhere.Path]).ExecuteAsync(Cancellation)).IsSuccess.ShouldBeTrue();
            File.SetUnixFileMode(elsewhere.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }

        (await project.PublishAsync(Cancellation, arguments)).Succeeded();

        Digest(project).ShouldBe(Digest(own));
    }

    [Fact]
    public async Task The_image_has_the_date_of_the_commit_and_its_application_runs()
    {
        var project = await CommittedAsync("app");
        (await project.PublishAsync(Cancellation, [workshop.OnBaseImage])).Succeeded();

        var blobs = project.Path("bin/Release/net10.0/supply-chain/image/blobs/sha256");
        var digest = Digest(project).Split(':')[^1];
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(blobs, digest)));
        string Blob(JsonElement descriptor) => Path.Combine(blobs, descriptor.GetProperty("digest").GetString()!.Split(':')[1]);
        using var config = JsonDocument.Parse(File.ReadAllBytes(Blob(manifest.RootElement.GetProperty("config"))));
        config.RootElement.GetProperty("created").GetString().ShouldBe("2026-03-04T05:06:07Z");
        config.RootElement.GetProperty("config").GetProperty("Labels").GetProperty("org.opencontainers.image.created").GetString().ShouldBe("2026-03-04T05:06:07Z");

        // The two that this publish added: no file is in both.
        foreach (var added in manifest.RootElement.GetProperty("layers").EnumerateArray().TakeLast(2))
        {
            await using var layer = new GZipStream(File.OpenRead(Blob(added)), CompressionMode.Decompress);
            await TarFile.ExtractToDirectoryAsync(layer, Directory.CreateDirectory(project.Path("unpacked")).FullName, overwriteFiles: false, Cancellation);
        }
        var run = await Cli.Wrap("dotnet").WithArguments([project.Path("unpacked/app/HelloApi.dll")]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Cancellation);
        run.StandardOutput.Trim().ShouldBe("hello", run.StandardError);
        File.ReadAllText(project.Path("unpacked/app/HelloApi.cdx.json")).ShouldContain("2026-03-04T05:06:07Z");
    }

    [Fact]
    public async Task After_a_change_of_one_line_only_the_applications_own_files_are_new_in_the_image()
    {
        var project = workshop.NewProject();
        project.WriteProject(items: """<PackageReference Include="Newtonsoft.Json" Version="13.0.3" />""");
        string[] Blobs() => Directory.GetFiles(project.Path("bin/Release/net10.0/supply-chain/image/blobs/sha256"));
        (await project.PublishAsync(Cancellation, [workshop.OnBaseImage])).Succeeded();
        var before = Blobs();
        project.Write("Program.cs", """Console.WriteLine("hello " + Newtonsoft.Json.JsonConvert.SerializeObject(5));""");
        (await project.PublishAsync(Cancellation, [workshop.OnBaseImage])).Succeeded();

        var added = Blobs().Except(before).ToList();
        // The layer, the configuration and the manifest.
        added.Count.ShouldBe(3);
        var own = new[] { "HelloApi.dll", "HelloApi.pdb" }.Sum(file => Compressed(project.Path($"bin/Release/net10.0/publish/{file}")));
        added.Sum(file => new FileInfo(file).Length).ShouldBeLessThanOrEqualTo(own + 20 * 1024);
    }

    private static long Compressed(string file)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(File.ReadAllBytes(file));
        return compressed.Length;
    }

    [Fact]
    public async Task SOURCE_DATE_EPOCH_goes_before_the_commit_and_one_that_is_no_number_is_said_before_the_build()
    {
        var project = workshop.Project();
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage], new Dictionary<string, string?> { ["SOURCE_DATE_EPOCH"] = "yesterday" })).Failed();
        run.Output.ShouldContain("error SCB0103: the environment variable SOURCE_DATE_EPOCH is 'yesterday'. Valid values: seconds since 1970-01-01");
        run.Output.ShouldNotContain("local archive");

        (await project.PublishAsync(Cancellation, [workshop.OnBaseImage], new Dictionary<string, string?> { ["SOURCE_DATE_EPOCH"] = "1764000000" })).Succeeded();
        using var sbom = JsonDocument.Parse(File.ReadAllBytes(project.Path("bin/Release/net10.0/supply-chain/sbom.cdx.json")));
        sbom.RootElement.GetProperty("metadata").GetProperty("timestamp").GetDateTimeOffset().ToUnixTimeSeconds().ShouldBe(1764000000);
    }

    private static string Digest(TestProject project) => File.ReadAllText(project.Path("bin/Release/net10.0/supply-chain/digest.txt")).Trim();

    private Task<TestProject> CommittedAsync(string folder) => CommittedAsync(workshop.NewProject(folder));

    private static async Task<TestProject> CommittedAsync(TestProject project)
    {
        // The feed's path is in nuget.config, and the same on both machines only by chance.
        project.Write(".gitignore", "bin/\nobj/\nnuget.config\n");
        project.WriteProject(properties: "<EnableDefaultNoneItems>false</EnableDefaultNoneItems>");
        foreach (string[] arguments in new string[][] { ["init", "-q"], ["add", "."], ["-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "-q", "-m", "first"] })
        {
            await Cli.Wrap("git").WithArguments(arguments).WithWorkingDirectory(project.Directory)
                .WithEnvironmentVariables(variables => variables.Set("GIT_AUTHOR_DATE", "2026-03-04T05:06:07Z").Set("GIT_COMMITTER_DATE", "2026-03-04T05:06:07Z"))
                .ExecuteBufferedAsync(Cancellation);
        }

        return project;
    }
}
