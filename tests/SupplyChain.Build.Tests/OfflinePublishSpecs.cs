using System.Text.RegularExpressions;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>With a key and no services nothing leaves the machine: every connection of every process of a publish is traced.</summary>
public sealed partial class OfflinePublishSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Category", "Slow")]
    public async Task With_a_key_nobody_but_the_registry_is_spoken_to()
    {
        var project = workshop.Project();
        var trace = project.Path("connections.txt");
        var dotnet = new DotnetCli(workshop.Package.Home)
        {
            Under = [Toolchain.Require("strace"), "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-e", "signal=none", "-o", trace],
        };
        foreach (var (name, value) in workshop.Dotnet.Environment)
            dotnet.Environment[name] = value;

        (await dotnet.RunAsync(project.Directory, ["publish", project.ProjectFile, "--no-restore", "/t:PublishContainer", .. workshop.To("offline"), workshop.Signed], Cancellation)).Succeeded();

        var spoken = File.ReadLines(trace).Select(line => Address().Match(line)).Where(match => match.Success)
            .Select(match => (Host: match.Groups["host"].Value, Port: match.Groups["port"].Value)).Distinct().ToList();
        var port = workshop.Registry.Host.Split(':')[1];
        spoken.ShouldContain(address => address.Port == port, "the trace sees the registry");
        spoken.ShouldAllBe(address => address.Port == port && (address.Host == "127.0.0.1" || address.Host == "::1" || address.Host == "::ffff:127.0.0.1"));
    }

    [GeneratedRegex("sa_family=AF_INET6?, sin6?_port=htons\\((?<port>[0-9]+)\\).*?(?:inet_addr\\(|inet_pton\\(AF_INET6, )\"(?<host>[^\"]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex Address();
}
