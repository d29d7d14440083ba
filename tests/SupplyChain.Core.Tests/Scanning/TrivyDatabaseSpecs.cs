using System.Formats.Tar;
using System.IO.Compression;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
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

    [Theory]
    [InlineData("trivy.db", "what was downloaded is not a vulnerability database")]
    [InlineData("", "what it returns cannot be unpacked")]
    [InlineData("../../evil", "what was downloaded is not a vulnerability database")]
    [InlineData(null, "is not a vulnerability database (no single layer")]
    public async Task A_download_that_brings_no_database_is_an_error(string? name, string why)
    {
        await using var registry = new TestRegistry();
        AddDatabase(registry, name is null ? null : name.Length == 0 ? [] : [(name, "x"u8.ToArray())]);
        var diagnostic = (await Should.ThrowAsync<DiagnosticException>(() => ScanAsync(_folder.Request() with { DatabaseRepositories = [$"{registry.Host}/db:2"] }))).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.DatabaseUnavailable);
        diagnostic.Message.ShouldContain(why);
        Directory.GetFileSystemEntries(_folder.Cache).Select(Path.GetFileName).ShouldBe(["supplychain-update.lock"]);
    }

    [Fact]
    public async Task Twenty_times_too_many_requests_with_Retry_After_are_survived_and_nobody_is_asked_twice_for_what_came()
    {
        await using var registry = new TestRegistry();
        AddDatabase(registry, _folder);
        var refused = 0;
        registry.Before = call => call.Path.Contains("/blobs/", StringComparison.Ordinal) && Interlocked.Increment(ref refused) <= 20
            ? TestRegistry.Error(429, "TOOMANYREQUESTS", "retry later", ("Retry-After", "0")) : null;
        var report = await ScanAsync(_folder.Request() with { DatabaseRepositories = [$"{registry.Host}/db:2"] });
        refused.ShouldBe(21);
        report.Findings.ShouldNotBeEmpty();
        report.DatabaseDigest.ShouldBe(Digest.Of(File.ReadAllBytes(Path.Combine(_folder.Database, "trivy.db"))));
        (await ScanAsync(_folder.Request())).DatabaseDigest.ShouldBe(report.DatabaseDigest, "the second time it is remembered");
        registry.Requests.Count(request => request.Status == 200 && request.Path.Contains("/blobs/", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Repositories_are_asked_in_their_order_and_the_first_that_has_it_serves()
    {
        await using var registry = new TestRegistry();
        AddDatabase(registry, _folder);
        registry.Before = call => call.Path.Contains("/first/", StringComparison.Ordinal) ? TestRegistry.Error(503, "UNAVAILABLE", "down", ("Retry-After", "0")) : null;
        var report = await ScanAsync(_folder.Request() with { DatabaseRepositories = [$"{registry.Host}/first:2", $"{registry.Host}/without:2", $"{registry.Host}/db", $"{registry.Host}/never:2"] });
        report.Findings.ShouldNotBeEmpty();
        var asked = registry.Requests.Select(request => request.Path.Split('/')[2]).Distinct().ToList();
        asked.ShouldBe(["first", "without", "db"]);

        registry.Before = _ => TestRegistry.Error(404, "NAME_UNKNOWN", "repository name not known");
        _folder.WriteFakeDatabase(nextUpdate: "2020-01-02T00:00:00Z", updatedAt: "2020-01-01T00:00:00Z");
        (await Should.ThrowAsync<DiagnosticException>(() => ScanAsync(_folder.Request() with { DatabaseRepositories = [$"{registry.Host}/one:2", "no reference"] })))
            .Message.ShouldMatch("/one:2: it has no such tag; no reference: that is no OCI reference");
    }

    [Fact]
    public async Task The_download_shows_the_registry_no_credentials_that_are_meant_for_pushing()
    {
        await using var registry = new TestRegistry(new TestRegistryOptions { Account = ("reader", "trivy-secret") });
        AddDatabase(registry, _folder);
        var build = ScanFolder.Environment();
        build["SDK_CONTAINER_REGISTRY_UNAME"] = "pusher";
        build["SDK_CONTAINER_REGISTRY_PWORD"] = "push-secret";
        build["HOME"] = build["DOCKER_CONFIG"] = _folder.File("nobody");
        var request = _folder.Request() with { Environment = build, DatabaseRepositories = [$"{registry.Host}/db:2"] };
        (await Should.ThrowAsync<DiagnosticException>(() => ScanAsync(request))).Message.ShouldContain("the download failed");
        registry.Calls.ShouldAllBe(call => !call.Headers.ContainsKey("Authorization"));

        build["TRIVY_USERNAME"] = "reader";
        build["TRIVY_PASSWORD"] = "trivy-secret";
        (await ScanAsync(request)).Findings.ShouldNotBeEmpty();
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
            await System.Formats.Tar.TarFile.CreateFromDirectoryAsync(Path.Combine(source, "db"), gzip, includeBaseDirectory: false, Cancellation);
        await Cli.Wrap(Toolchain.Require("oras"))
            .WithArguments(["push", .. authorityFile is null ? ["--plain-http"] : new[] { "--ca-file", authorityFile }, "--artifact-type", "application/vnd.aquasec.trivy.config.v1+json", $"{registry.Host}/trivy-db:2", "db.tar.gz:application/vnd.aquasec.trivy.db.layer.v1.tar+gzip"])
            .WithWorkingDirectory(Path.GetDirectoryName(archive)!)
            .ExecuteBufferedAsync(Cancellation);
    }

    private static void AddDatabase(TestRegistry registry, ScanFolder folder)
    {
        var source = folder.File("published");
        AdvisoryDatabase.Write(source, SampleAdvisories.All);
        AddDatabase(registry, [.. ((string[])["trivy.db", "metadata.json"]).Select(name => (name, File.ReadAllBytes(Path.Combine(source, "db", name))))]);
    }

    /// <param name="files">Null: an artifact of another kind.</param>
    private static void AddDatabase(TestRegistry registry, (string Name, byte[] Content)[]? files)
    {
        using var archive = new MemoryStream();
        using (var gzip = new GZipStream(archive, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            foreach (var (name, content) in files ?? [])
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }

        var layer = archive.ToArray();
        var digest = registry.AddBlob("db", layer);
        var type = files is null ? "application/octet-stream" : "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip";
        registry.AddManifest("db", MediaTypes.OciManifest, System.Text.Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{"mediaType":"application/vnd.aquasec.trivy.config.v1+json","digest":"{{digest}}","size":{{layer.Length}}},"layers":[{"mediaType":"{{type}}","digest":"{{digest}}","size":{{layer.Length}}}]}"""), "2");
    }
}
