using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tests.Gating;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>There is no cluster where these tests run: programs in trivy's and kubectl's places take the exact command lines and answer in the documented form.</summary>
public sealed class ClusterScannerSpecs : IDisposable
{
    private const string Report = """
        {"ClusterName":"production","Resources":[
          {"Namespace":"shop","Kind":"Deployment","Name":"api","Metadata":[],"Results":[
            {"Target":"registry.example.com/api (debian 12.5)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[
              {"VulnerabilityID":"CVE-2023-45853","PkgName":"zlib1g","InstalledVersion":"1:1.2.13","Severity":"CRITICAL","Status":"will_not_fix"},
              {"VulnerabilityID":"CVE-1","PkgName":"openssl","InstalledVersion":"3.0.11","FixedVersion":"3.0.13","Severity":"HIGH"},
              {"VulnerabilityID":"CVE-2","PkgName":"openssl","InstalledVersion":"3.0.11","Severity":"LOW"}]},
            {"Target":"app/settings.json","Class":"secret","Secrets":[{"RuleID":"aws-access-key-id","Severity":"CRITICAL","Title":"AWS","StartLine":2,"Match":"AKIA-the-text"}]},
            {"Target":"Deployment/api","Class":"config","Type":"kubernetes","Misconfigurations":[
              {"ID":"KSV017","Title":"Privileged","Message":"m","Severity":"HIGH","Status":"FAIL"},{"ID":"KSV001","Severity":"HIGH","Status":"PASS"}]}]},
          {"Namespace":"shop","Kind":"Service","Name":"quiet","Results":[]}]}
        """;

    private readonly ScanFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_command_line_is_exact_and_the_findings_are_gated_by_resource()
    {
        var (name, cluster, _) = await ScanAsync(Report, new ClusterTarget(null, ["shop", "kitchen"], ClusterReport.All));
        name.ShouldBe("production");
        File.ReadAllText(_folder.File("arguments")).TrimEnd().ShouldMatch(
            "^k8s --report all --format json --output .*scan\\.cluster\\.trivy\\.json --scanners vuln,misconfig,secret,rbac --severity UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL --ignore-unfixed=false --exit-code 0 "
            + "--config .*empty --ignorefile .*empty --cache-dir .*trivy cache --skip-db-update --skip-java-db-update --skip-check-update --offline-scan --disable-node-collector --no-progress --timeout 600s "
            + "--include-namespaces shop --include-namespaces kitchen -- production$");
        File.ReadAllLines(_folder.File("environment")).ShouldNotContain(line => line.StartsWith("AWS_SECRET_ACCESS_KEY", StringComparison.Ordinal));
        File.ReadAllLines(_folder.File("environment")).ShouldContain("KUBECONFIG=/home/ada/cluster.yaml");

        var policy = new GatePolicy(SeverityThreshold.High);
        var context = new GateContext { Now = Samples.Now };
        var one = ClusterGate.Evaluate(cluster, policy, context, Samples.Inventory, each: false).ShouldHaveSingleItem();
        one.Code.ShouldBe(DiagnosticCodes.ClusterResourceVulnerable);
        one.Message.ShouldStartWith("shop/Deployment/api: 2 critical, 2 high at or above threshold High: ");
        one.Message.ShouldContain("CVE-1 in openssl 3.0.11, fixed in 3.0.13");
        one.Message.ShouldContain("KSV017: Privileged");
        one.Message.ShouldContain("a secret (rule aws-access-key-id) in app/settings.json");
        one.Message.ShouldNotContain("AKIA");
        one.Message.ShouldNotContain("KSV001");
        ClusterGate.Evaluate(cluster, policy, context, Samples.Inventory, each: true).Count.ShouldBe(4);
        ClusterGate.Evaluate(cluster, policy with { Threshold = SeverityThreshold.None }, context, Samples.Inventory, each: true).ShouldBeEmpty();
        var waived = context with { Waivers = [new Waiver("CVE-2023-45853", WaiverOrigin.Item, new DateOnly(2027, 1, 1), "not called")] };
        ClusterGate.Evaluate(cluster, policy, waived, Samples.Inventory, each: true).Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("staging", "kubectl knows no context 'staging'. It knows: production, test.")]
    [InlineData(null, "kubectl has no current context.")]
    public async Task A_context_that_kubectl_does_not_know_is_said_before_trivy_is_asked(string? context, string why)
    {
        var diagnostic = (await Should.ThrowAsync<DiagnosticException>(() => ScanAsync(Report, new ClusterTarget(context, [], ClusterReport.Summary), current: ""))).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.ClusterContextMissing);
        diagnostic.Message.ShouldStartWith(why);
        diagnostic.Message.ShouldContain("SupplyChainClusterContext");
        File.Exists(_folder.File("arguments")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("garbage", 3002)]
    [InlineData("""{"Resources":[]}""", 3009)]
    [InlineData("""{"ClusterName":"a","Resources":[{"Kind":"Pod","Name":"x","Results":[{"Vulnerabilities":[{"VulnerabilityID":"","PkgName":"a","InstalledVersion":"1"}]}]}]}""", 3002)]
    [InlineData("""{"ClusterName":"a","Resources":[{"Kind":"Pod","Name":"x","Error":"cannot pull the image"}]}""", 3001)]
    public async Task What_cannot_be_understood_or_was_not_scanned_is_not_clean(string report, int code) =>
        (await Should.ThrowAsync<DiagnosticException>(() => ScanAsync(report, new ClusterTarget(null, [], ClusterReport.Summary)))).Diagnostic.Code.Number.ShouldBe(code);

    private async Task<(string, ScannedCluster, DateTimeOffset)> ScanAsync(string report, ClusterTarget target, string current = "production")
    {
        _folder.WriteFakeDatabase();
        File.WriteAllText(_folder.File("report.json"), report);
        var here = Path.GetDirectoryName(_folder.File("x"))!;
        var trivy = Program("trivy", $$"""
            [ "$1" = --version ] && { echo 'Version: 0.74.0'; exit 0; }
            echo "$*" > '{{here}}/arguments'
            env > '{{here}}/environment'
            while [ "$1" != --output ]; do shift; done
            cp '{{here}}/report.json' "$2"
            """);
        var kubectl = Program("kubectl", $$"""
            case "$2" in
              get-contexts) printf 'production\ntest\n' ;;
              current-context) {{(current.Length == 0 ? "echo 'error: current-context is not set' >&2; exit 1" : $"echo {current}")}} ;;
            esac
            """);
        var environment = ScanFolder.Environment();
        environment["AWS_SECRET_ACCESS_KEY"] = "not for a scanner";
        environment["KUBECONFIG"] = "/home/ada/cluster.yaml";
        return await new ClusterScanner(new ToolRunner(), trivy, kubectl).ScanAsync(_folder.Request() with { Environment = environment }, target, Cancellation);
    }

    private Tool Program(string name, string body)
    {
        var path = _folder.File(name);
        File.WriteAllText(path, $"#!/bin/sh\n{body.ReplaceLineEndings("\n")}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new Tool(name, path, "the test");
    }
}
