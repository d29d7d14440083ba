using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Core.Tests.Tools;

public sealed class AirGapBundleSpecs : IAsyncLifetime
{
    private readonly InstallBench _bench = new();
    private ToolRelease _cosign = null!;
    private ToolRelease _trivy = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Bundle => Path.Combine(_bench.Folder, "carried", "bundle.tar");

    private string Database => Path.Combine(_bench.Folder, "trivy");

    public async ValueTask InitializeAsync()
    {
        _cosign = _bench.Mirror.Put("cosign", "3.0.6", ToolMirror.Script("cosign"));
        _trivy = _bench.Mirror.Put("trivy", "0.74.0", ToolMirror.TarGz([("trivy", ToolMirror.Script("trivy"))]));
        _bench.Mirror.Put(_cosign.Path + ".sigstore.json", "{}"u8.ToArray());
        await _bench.InstallAsync(_cosign);
        await _bench.InstallAsync(_trivy);
        AdvisoryDatabase.Write(Database, [SampleAdvisories.NewtonsoftJson]);
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_machine_without_a_network_installs_from_the_bundle()
    {
        var (sha256, size) = await WriteAsync();
        size.ShouldBe(new FileInfo(Bundle).Length);
        sha256.Length.ShouldBe(64);
        Directory.GetFiles(Path.GetDirectoryName(Bundle)!).ShouldHaveSingleItem();
        await using var other = new InstallBench();

        foreach (var release in new[] { _cosign, _trivy })
            (await other.InstallAsync(release, Offline().Open())).Pin.ShouldBe(release.Sha256);

        File.Exists(other.Cache.Signature(_cosign)).ShouldBeTrue();
        other.Mirror.Calls.ShouldBeEmpty();
        Offline().CannotInstall().ShouldBeNull();
    }

    [Fact]
    public async Task The_bundle_can_be_unpacked_with_tar_and_used_as_a_folder()
    {
        await WriteAsync();
        var folder = Path.Combine(_bench.Folder, "unpacked");
        Directory.CreateDirectory(folder);
        await System.Formats.Tar.TarFile.ExtractToDirectoryAsync(Bundle, folder, overwriteFiles: false, Cancellation);
        await using var other = new InstallBench();

        (await other.InstallAsync(_trivy, AirGapBundle.Open(folder))).Pin.ShouldBe(_trivy.Sha256);
    }

    [Fact]
    public async Task The_database_is_taken_when_it_is_newer_and_left_when_it_is_not()
    {
        await WriteAsync();
        using var bundle = AirGapBundle.Open(Bundle);
        var target = Path.Combine(_bench.Folder, "other");

        (await AirGapDatabase.SeedAsync(bundle, target, TimeProvider.System, Cancellation)).ShouldBeTrue();
        (await AirGapDatabase.SeedAsync(bundle, target, TimeProvider.System, Cancellation)).ShouldBeFalse();

        TrivyDatabaseMetadata.Read(target).ShouldBe(TrivyDatabaseMetadata.Read(Database));
        (await File.ReadAllBytesAsync(TrivyDatabaseMetadata.DatabaseFile(target), Cancellation)).ShouldBe(await File.ReadAllBytesAsync(TrivyDatabaseMetadata.DatabaseFile(Database), Cancellation));
    }

    [Fact]
    public async Task A_database_that_got_damaged_on_the_way_is_refused_and_the_old_one_stays()
    {
        await WriteAsync();
        var bytes = await File.ReadAllBytesAsync(Bundle, Cancellation);
        bytes[^3000] ^= 1;
        await File.WriteAllBytesAsync(Bundle, bytes, Cancellation);
        using var bundle = AirGapBundle.Open(Bundle);
        var target = Path.Combine(_bench.Folder, "other");

        var error = await Should.ThrowAsync<DiagnosticException>(() => AirGapDatabase.SeedAsync(bundle, target, TimeProvider.System, Cancellation));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.AirGapBundleUnusable);
        error.Message.ShouldContain("trivy/db/trivy.db is missing, damaged, or another than when the bundle was made");
        TrivyDatabaseMetadata.Read(target).ShouldBeNull();
    }

    [Fact]
    public async Task A_tool_that_was_exchanged_in_the_bundle_is_not_the_pinned_one()
    {
        await WriteAsync();
        await using var other = new InstallBench();
        var pinned = _cosign with { Sha256 = new string('0', 64) };

        await other.FailAsync(pinned, DiagnosticCodes.ToolHashMismatch, AirGapBundle.Open(Bundle));
    }

    [Fact]
    public async Task A_tool_that_the_bundle_does_not_have_is_named_with_the_place()
    {
        await WriteAsync();
        await using var other = new InstallBench();
        var missing = _cosign with { Path = "sigstore/cosign/releases/download/v9.9.9/cosign-linux-amd64" };

        (await other.FailAsync(missing, DiagnosticCodes.ToolDownloadFailed, Offline().Open())).ShouldContain($"{Bundle} (tools/sigstore/cosign/releases/download/v9.9.9/cosign-linux-amd64): there is no such file");
    }

    [Fact]
    public async Task What_is_no_bundle_is_refused()
    {
        await WriteAsync();
        var text = Path.Combine(_bench.Folder, "notes.txt");
        await File.WriteAllTextAsync(text, "no bundle", Cancellation);
        var bytes = await File.ReadAllBytesAsync(Bundle, Cancellation);
        await File.WriteAllBytesAsync(Bundle, bytes[..2000], Cancellation);

        foreach (var place in new[] { text, Bundle, _bench.Folder, Path.Combine(_bench.Folder, "nowhere.tar") })
        {
            var error = Should.Throw<DiagnosticException>(() => AirGapBundle.Open(place));
            error.Diagnostic.Code.ShouldBe(DiagnosticCodes.AirGapBundleUnusable);
            error.Message.ShouldStartWith($"SupplyChainAirGapBundle is {place}, which cannot be used: ");
        }
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_to_is_said()
    {
        await File.WriteAllTextAsync(Path.Combine(_bench.Folder, "carried"), "a file", Cancellation);
        (await Should.ThrowAsync<DiagnosticException>(WriteAsync)).Diagnostic.Code.ShouldBe(DiagnosticCodes.AirGapBundleUnusable);
    }

    private Task<(string, long)> WriteAsync() => new AirGapBundleWriter(_bench.Cache, TimeProvider.System).WriteAsync(Bundle, [_cosign, _trivy], Database, "0.1.0", Cancellation);

    private ToolProvision Offline() => new("/tools", null) { Offline = true, AirGapBundle = Bundle };
}
