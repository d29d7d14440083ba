using System.Formats.Tar;
using System.IO.Compression;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>The database is fetched once, by one build, and never by a scan. With the real trivy and the real registry.</summary>
public sealed class TrivyDatabaseSpecs : IDisposable
{
    private const string Nowhere = "127.0.0.1:1/trivy-db:2";

    private readonly ScanFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Builds_side_by_side_download_a_missing_database_once()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        await PushDatabaseAsync(registry);
        var folders = Enumerable.Range(0, 4).Select(_ => new ScanFolder()).ToList();
        try
        {
            var reports = await Task.WhenAll(folders.Select(folder => ScanAsync(
                folder.Request() with { CacheDirectory = _folder.Cache, DatabaseRepositories = [$"{registry.Host}/trivy-db:2"] })));
            reports.ShouldAllBe(report => report.Findings.Any(finding => finding.Id == SampleAdvisories.NewtonsoftJson.Id));
        }
        finally
        {
            folders.ForEach(folder => folder.Dispose());
        }

        (await registry.RequestsAsync(Cancellation)).Count(request => request.Method == "GET" && request.Path.Contains("/trivy-db/blobs/", StringComparison.Ordinal)).ShouldBe(1);
        Directory.GetFileSystemEntries(_folder.Cache).Select(Path.GetFileName).Order().ShouldBe(["db", "supplychain", "supplychain-update.lock"]);
    }

    [Fact]
    public async Task An_outdated_database_is_replaced()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        await PushDatabaseAsync(registry);
        _folder.WriteFakeDatabase(nextUpdate: "2020-01-02T00:00:00Z", updatedAt: "2020-01-01T00:00:00Z");
        var build = ScanFolder.Environment();
        build["TRIVY_DB_REPOSITORY"] = $"{registry.Host}/trivy-db:2";
        var report = await ScanAsync(_folder.Request() with { Environment = build });
        report.Findings.ShouldNotBeEmpty();
        report.DatabaseUpdatedAt!.Value.Year.ShouldBeGreaterThan(2020);
    }

    [Fact]
    public async Task A_database_comes_from_a_registry_with_a_certificate_of_a_private_authority()
    {
        using var authority = new TestAuthority();
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { Tls = authority }, Cancellation);
        await PushDatabaseAsync(registry, authority.AuthorityFile);
        var build = ScanFolder.Environment();
        // As the package hands SupplyChainCertificateAuthorityFile on.
        build["TRIVY_CACERT"] = authority.AuthorityFile;
        var report = await ScanAsync(_folder.Request() with { Environment = build, DatabaseRepositories = [$"{registry.Host}/trivy-db:2"] });
        report.Findings.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("TRIVY_SKIP_DB_UPDATE", "true")]
    [InlineData("TRIVY_SKIP_DB_UPDATE", "1")]
    [InlineData("SupplyChainOffline", "true")]
    public async Task An_outdated_database_is_used_where_no_update_is_wanted(string name, string value)
    {
        _folder.WriteFakeDatabase(nextUpdate: "2020-01-02T00:00:00Z", updatedAt: "2020-01-01T00:00:00Z");
        var trivy = new FakeTrivy();
        var report = await new TrivyScanner(trivy, FakeTrivy.Tool).ScanAsync(Without(name, value), Cancellation);
        report.DatabaseUpdatedAt.ShouldBe(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
        trivy.Invocations.Where(invocation => invocation.Arguments[0] != "--version").ShouldAllBe(invocation => invocation.Arguments.Contains("--skip-db-update"));
    }

    [Theory]
    [InlineData("TRIVY_SKIP_DB_UPDATE", "true")]
    [InlineData("SupplyChainOffline", "true")]
    public async Task A_missing_database_that_must_not_be_downloaded_is_an_error_that_says_why(string name, string value)
    {
        var trivy = new FakeTrivy();
        var diagnostic = (await Should.ThrowAsync<DiagnosticException>(() => new TrivyScanner(trivy, FakeTrivy.Tool).ScanAsync(Without(name, value), Cancellation))).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.DatabaseUnavailable);
        diagnostic.Message.ShouldContain($"{name}=true");
        diagnostic.Message.ShouldContain(_folder.Cache);
        trivy.Invocations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_database_that_cannot_be_downloaded_is_an_error_that_says_what_to_do()
    {
        _folder.WriteFakeDatabase(nextUpdate: "2020-01-02T00:00:00Z", updatedAt: "2020-01-01T00:00:00Z");
        var diagnostic = (await Should.ThrowAsync<DiagnosticException>(() => ScanAsync(_folder.Request() with { DatabaseRepositories = [Nowhere] }))).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.DatabaseUnavailable);
        diagnostic.Message.ShouldContain("SupplyChainTrivyDatabase");
        diagnostic.Message.ShouldContain("To use the one of 2020-01-01 00:00 UTC that is there, set TRIVY_SKIP_DB_UPDATE=true.");
        Directory.Exists(Path.Combine(_folder.Cache, "supplychain-update")).ShouldBeFalse();
        File.Exists(Path.Combine(_folder.Database, "trivy.db")).ShouldBeTrue("a failed update must not cost the old database");
    }

    [Fact]
    public async Task A_download_that_brings_no_database_is_an_error()
    {
        var diagnostic = (await Should.ThrowAsync<DiagnosticException>(() => new TrivyScanner(new SilentRunner(), FakeTrivy.Tool).ScanAsync(_folder.Request(), Cancellation))).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.DatabaseUnavailable);
        diagnostic.Message.ShouldContain("is not a vulnerability database");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("null")]
    public void Metadata_that_cannot_be_read_means_no_database(string metadata)
    {
        _folder.WriteFakeDatabase();
        File.WriteAllText(Path.Combine(_folder.Database, "metadata.json"), metadata);
        TrivyDatabaseMetadata.Read(_folder.Cache).ShouldBeNull();
    }

    [Theory]
    [InlineData("2026-11-23T12:00:00Z", "2026-11-22T00:00:00Z", true)]
    [InlineData("2026-11-23T10:00:00Z", "2026-11-22T00:00:00Z", false)]
    [InlineData("2026-11-23T10:00:00Z", "2026-11-23T10:30:00Z", true)]
    public void A_database_is_fresh_until_its_next_update_and_for_an_hour_after_a_download(string nextUpdate, string downloadedAt, bool fresh) =>
        new TrivyDatabaseMetadata(2, DateTimeOffset.Parse(nextUpdate), DateTimeOffset.MinValue) { DownloadedAt = DateTimeOffset.Parse(downloadedAt) }
            .IsFresh(DateTimeOffset.Parse("2026-11-23T11:00:00Z")).ShouldBe(fresh);

    [Fact]
    public void The_users_cache_folder_is_where_trivy_itself_looks()
    {
        var request = _folder.Request() with { CacheDirectory = null, Environment = new Dictionary<string, string> { ["HOME"] = "/home/a" } };
        if (OperatingSystem.IsLinux())
        {
            TrivyCacheDirectory.Of(request).ShouldBe("/home/a/.cache/trivy");
            TrivyCacheDirectory.Of(request with { Environment = new Dictionary<string, string> { ["HOME"] = "/home/a", ["XDG_CACHE_HOME"] = "/x" } }).ShouldBe("/x/trivy");
        }

        TrivyCacheDirectory.Of(request with { Environment = new Dictionary<string, string> { ["TRIVY_CACHE_DIR"] = _folder.Cache } }).ShouldBe(_folder.Cache);
    }

    private static Task<ScanReport> ScanAsync(ScanRequest request) => new TrivyScanner(new ToolRunner(), TrivyScannerSpecs.Trivy).ScanAsync(request, Cancellation);

    private ScanRequest Without(string name, string value)
    {
        var build = ScanFolder.Environment();
        build[name] = value;
        return _folder.Request() with { Environment = build, Offline = name == "SupplyChainOffline" };
    }

    /// <summary>As Aqua Security publishes it: an artifact of one layer, a compressed tar of the two files.</summary>
    private async Task PushDatabaseAsync(DockerRegistry registry, string? authorityFile = null)
    {
        var source = _folder.File("published");
        AdvisoryDatabase.Write(source, SampleAdvisories.All);
        var archive = _folder.File("db.tar.gz");
        await using (var gzip = new GZipStream(File.Create(archive), CompressionLevel.Fastest))
            await TarFile.CreateFromDirectoryAsync(Path.Combine(source, "db"), gzip, includeBaseDirectory: false, Cancellation);
        await Cli.Wrap(Toolchain.Require("oras"))
            .WithArguments(["push", .. authorityFile is null ? ["--plain-http"] : new[] { "--ca-file", authorityFile }, "--artifact-type", "application/vnd.aquasec.trivy.config.v1+json", $"{registry.Host}/trivy-db:2", "db.tar.gz:application/vnd.aquasec.trivy.db.layer.v1.tar+gzip"])
            .WithWorkingDirectory(Path.GetDirectoryName(archive)!)
            .ExecuteBufferedAsync(Cancellation);
    }

    /// <summary>A trivy that says it went well and does nothing.</summary>
    private sealed class SilentRunner : IToolRunner
    {
        public Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken) => Task.FromResult(new ToolResult(0, "", "", TimeSpan.Zero));
    }
}
