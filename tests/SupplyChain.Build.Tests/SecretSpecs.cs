using System.IO.Compression;
using System.Text;
using CliWrap;
using CliWrap.Buffered;
using Microsoft.Build.Framework;
using Microsoft.Build.Logging.StructuredLogger;
using SupplyChain.TestKit;
using Task = System.Threading.Tasks.Task;

namespace SupplyChain.Build.Tests;

/// <summary>No secret in what is printed, in the binary log, or in any file that a publish leaves.</summary>
[Trait("Category", "Slow")]
public sealed class SecretSpecs(Workshop workshop)
{
    private const string KeyPassword = "correct-horse-battery-staple";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="asked">What cosign was at work on with the key; it signs with those keys only that are not opened in the build.</param>
    [Theory]
    [InlineData(false, "public-key")]
    [InlineData(true, "attest-blob")]
    public async Task The_passwords_of_key_and_registry_are_nowhere(bool imported, string asked)
    {
        using var folder = new TestFolder();
        if (imported)
            await ImportedKey.MakeAsync(folder, "own", KeyPassword);
        else
            await Cli.Wrap(Toolchain.Require("cosign")).WithArguments(["generate-key-pair", "--output-key-prefix", folder.File("own")])
                .WithEnvironmentVariables(new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = KeyPassword }).ExecuteBufferedAsync(Cancellation);
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { RequirePassword = true }, Cancellation);
        var account = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{DockerRegistry.UserName}:{DockerRegistry.Password}"));
        Directory.CreateDirectory(folder.File("docker"));
        await File.WriteAllTextAsync(folder.File("docker/config.json"), $$"""{ "auths": { "{{registry.Host}}": { "auth": "{{account}}" } } }""", Cancellation);
        var project = workshop.Project();
        var pem = await File.ReadAllTextAsync(folder.File("own.key"), Cancellation);
        string[] secrets = [KeyPassword, DockerRegistry.Password, account, pem.Split('\n')[2]];
        var temporary = Path.Combine(workshop.Package.Home, "tmp");
        await using var watch = new SecretWatch([project.Path("obj"), temporary], secrets);

        var run = (await project.PublishAsync(
            Cancellation,
            [.. workshop.To("secret", host: registry.Host), "-p:SupplyChainSigningKey=env://RELEASE_KEY", "-v:diag"],
            new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = KeyPassword, ["RELEASE_KEY"] = pem, ["DOCKER_CONFIG"] = folder.File("docker") })).Succeeded();
        run.Output.ShouldContain($"verified from {registry.Host}; tagged 1.4.0");
        (await watch.FoundAsync()).ShouldBeEmpty();
        watch.Processes.ShouldContain(command => command.Contains(asked) && command.Contains("env://RELEASE_KEY"), "it has seen cosign at work");
        await ShouldBeNowhereAsync(project, run, secrets);
        foreach (var file in Directory.EnumerateFiles(temporary, "*", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length > 0))
            secrets.ShouldAllBe(secret => !File.ReadAllText(file).Contains(secret));
    }

    /// <summary>
    /// MSBuild itself prints (-v:diag) and records (binary log) every environment variable whose name begins with DOTNET_: the SDK's newer names for
    /// the registry's account too. That is outside of our power; nothing of ours repeats it, and the older name is not recorded.
    /// </summary>
    [Theory]
    [InlineData("SDK_CONTAINER_REGISTRY", false)]
    [InlineData("DOTNET_CONTAINER_PUSH_REGISTRY", true)]
    public async Task A_password_in_the_SDKs_variable_is_at_most_in_MSBuilds_own_list_of_the_environment(string prefix, bool recorded)
    {
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { RequirePassword = true }, Cancellation);
        var project = workshop.Project();
        var run = (await project.PublishAsync(
            Cancellation,
            [.. workshop.To("secret", host: registry.Host), workshop.Signed, "-v:diag"],
            new Dictionary<string, string?> { [prefix + "_UNAME"] = DockerRegistry.UserName, [prefix + "_PWORD"] = DockerRegistry.Password })).Succeeded();

        run.Lines.Where(line => line.Contains(DockerRegistry.Password)).Select(line => line.Trim()).Distinct()
            .ShouldBe(recorded ? [$"{prefix}_PWORD = {DockerRegistry.Password}"] : []);
        new BinLogReader().ReadRecords(project.Path("publish.binlog")).Where(record => record.Args is not BuildStartedEventArgs)
            .ShouldAllBe(record => record.Args == null || record.Args.Message == null || !record.Args.Message.Contains(DockerRegistry.Password));
        if (!recorded)
            await ShouldBeNowhereAsync(project, run, DockerRegistry.Password);
    }

    internal static async Task ShouldBeNowhereAsync(TestProject project, DotnetRun run, params string[] secrets)
    {
        foreach (var secret in secrets)
        {
            run.Output.Contains(secret, StringComparison.Ordinal).ShouldBeFalse($"{secret} was printed");
            (await ReadAllAsync(project.Path("publish.binlog"))).Contains(secret, StringComparison.Ordinal).ShouldBeFalse($"{secret} is in the binary log");
            foreach (var file in Directory.EnumerateFiles(project.Directory, "*", SearchOption.AllDirectories))
                File.ReadAllText(file).Contains(secret, StringComparison.Ordinal).ShouldBeFalse($"{secret} is in {file}");
        }
    }

    /// <summary>Every byte of the log, so that no kind of record is left out, and the project files that are embedded in it.</summary>
    private static async Task<string> ReadAllAsync(string binlog)
    {
        var text = new StringBuilder();
        await using (var stream = new GZipStream(File.OpenRead(binlog), CompressionMode.Decompress))
            text.Append(await new StreamReader(stream, Encoding.UTF8).ReadToEndAsync(Cancellation));
        foreach (var file in BinaryLog.ReadBuild(binlog).SourceFiles)
            text.Append(file.Text);
        return text.ToString();
    }
}
