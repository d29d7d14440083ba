using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Core.Tests.Scanning;

public sealed class TrivySecretSpecs : IDisposable
{
    // In parts, so that no scanner of this repository takes it for a real one.
    private const string Key = "AKIA" + "IOSFODNN7EXAMPLQ";
    private const string Neighbour = "wJalrXUtnFEMIK7MDENGbPxRfiCYKEYab";

    private readonly ScanFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_secret_in_the_image_is_found_by_path_and_rule_and_its_text_is_in_no_file_of_ours()
    {
        AdvisoryDatabase.Write(_folder.Cache, []);
        var request = _folder.Request((ScanFolder.Amd64, [TestImage.Debian(), new() { ["app/settings.txt"] = $"first\nid = {Key}\npassword = {Neighbour}\n" }]));
        var report = await new TrivyScanner(new ToolRunner(), new Tool("trivy", Toolchain.Require("trivy"), "the test")).ScanAsync(request with { Secrets = true, InventoryFile = null }, Cancellation);

        var secret = report.Secrets.ShouldHaveSingleItem();
        (secret.Rule, secret.Path.TrimStart('/'), secret.Line, secret.Platform).ShouldBe(("aws-access-key-id", "app/settings.txt", 2, "linux/amd64"));
        var files = Directory.EnumerateFiles(_folder.Output, "*", SearchOption.AllDirectories).ToList();
        files.ShouldNotBeEmpty();
        foreach (var file in files.Concat(Directory.EnumerateFiles(_folder.Work, "*.json")))
        {
            var text = await File.ReadAllTextAsync(file, Cancellation);
            text.ShouldNotContain(Key);
            text.ShouldNotContain(Neighbour);
        }

        (await new TrivyScanner(new ToolRunner(), new Tool("trivy", Toolchain.Require("trivy"), "the test")).ScanAsync(request with { InventoryFile = null }, Cancellation)).Secrets.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_lines_around_a_secret_are_taken_out_of_the_kept_report()
    {
        _folder.WriteFakeDatabase();
        var trivy = new FakeTrivy
        {
            SpoilImage = report => report["Results"]!.AsArray().Add(JsonNode.Parse($$$"""
                {"Target":"app/x.txt","Class":"secret","Secrets":[{"RuleID":"private-key","Severity":"HIGH","Title":"Key","StartLine":-3,"Match":"{{{Key}}}","Code":{"Lines":[{"Content":"{{{Neighbour}}}"}]}}]}
                """)),
        };
        var report = await new TrivyScanner(trivy, FakeTrivy.Tool).ScanAsync(_folder.Request() with { Secrets = true }, Cancellation);
        report.Secrets.ShouldHaveSingleItem().Line.ShouldBe(0);
        var kept = await File.ReadAllTextAsync(Path.Combine(_folder.Output, "scan.linux-amd64.trivy.json"), Cancellation);
        kept.ShouldContain("private-key");
        kept.ShouldNotContain(Key);
        kept.ShouldNotContain(Neighbour);
    }

    [Theory]
    [InlineData("Version: 0.56.2\nVulnerability DB:\n", true)]
    [InlineData("Version: v0.49.0-rc.1", true)]
    [InlineData("Version: 0.57.0", false)]
    [InlineData("Version: 1.2.0", false)]
    [InlineData("Version: dev", false)]
    [InlineData("", false)]
    public async Task A_trivy_that_is_too_old_is_refused_and_one_without_a_number_is_judged_by_what_it_does(string version, bool refused)
    {
        _folder.WriteFakeDatabase();
        var scan = new TrivyScanner(new FakeTrivy { Version = version }, FakeTrivy.Tool).ScanAsync(_folder.Request(), Cancellation);
        if (!refused)
            await scan;
        else
            (await Should.ThrowAsync<DiagnosticException>(() => scan)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ScannerTooOld);
    }

    [Fact]
    public async Task The_version_is_asked_once_for_each_binary()
    {
        _folder.WriteFakeDatabase();
        var tool = new Tool("trivy", _folder.File("trivy"), "the test");
        await File.WriteAllTextAsync(tool.Path, "one", Cancellation);
        var trivy = new FakeTrivy();
        await new TrivyScanner(trivy, tool).ScanAsync(_folder.Request(), Cancellation);
        await new TrivyScanner(trivy, tool).ScanAsync(_folder.Request(), Cancellation);
        trivy.Invocations.Count(invocation => invocation.Arguments[0] == "--version").ShouldBe(1);
        await File.WriteAllTextAsync(tool.Path, "another", Cancellation);
        await new TrivyScanner(trivy, tool).ScanAsync(_folder.Request(), Cancellation);
        trivy.Invocations.Count(invocation => invocation.Arguments[0] == "--version").ShouldBe(2);
    }
}
