using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

/// <summary>Archives that were made or changed by somebody else than the SDK. Each is refused with a code, and nothing is left behind.</summary>
public sealed class HostileArchiveSpecs : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly SdkArchive _archive = SdkArchive.OfOnePlatform("1.0");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("../outside")]
    [InlineData("blobs/../../outside")]
    [InlineData("blobs/sha256/..")]
    [InlineData("/etc/cron.d/job")]
    [InlineData("..\\outside")]
    [InlineData("C:/Windows/system.ini")]
    [InlineData("blobs/\nsha256")]
    public async Task A_name_that_leads_out_of_the_folder_is_refused(string name)
    {
        _archive.Entries.Insert(0, SdkArchive.FileEntry(name, "x"));
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    public async Task A_link_is_refused(TarEntryType type)
    {
        _archive.Entries.Insert(0, new PaxTarEntry(type, "blobs/sha256/x") { LinkName = "/etc/passwd" });
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);
    }

    [Theory]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.BlockDevice)]
    [InlineData(TarEntryType.Fifo)]
    public async Task A_device_is_refused(TarEntryType type)
    {
        _archive.Entries.Add(new PaxTarEntry(type, "dev/null"));
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);
    }

    [Theory]
    [InlineData('S')]
    [InlineData('V')]
    [InlineData('M')]
    [InlineData('D')]
    [InlineData('!')]
    public async Task An_entry_of_a_type_that_no_image_archive_has_is_refused(char type) =>
        (await Refused([.. RawTar.Entry("x", type, []), .. _archive.ToBytes()])).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);

    [Fact]
    public async Task A_sparse_file_in_extended_headers_is_refused() =>
        (await Refused([.. RawTar.Pax('x', ("GNU.sparse.major", "1")), .. _archive.ToBytes()])).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);

    [Theory]
    [InlineData("path", "index.json")]
    [InlineData("size", "0")]
    public async Task An_extended_header_that_renames_or_resizes_everything_is_refused(string key, string value) =>
        (await Refused([.. RawTar.Pax('g', (key, value)), .. _archive.ToBytes()])).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);

    [Fact]
    public async Task A_name_in_an_extended_header_is_checked_like_any_other() =>
        (await Refused([.. RawTar.Pax('x', ("path", "../outside")), .. RawTar.Entry("inside", '0', []), .. _archive.ToBytes()]))
            .Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);

    [Fact]
    public async Task A_gnu_long_name_is_checked_like_any_other() =>
        (await Refused([.. RawTar.Entry("././@LongLink", 'L', "../outside\0"u8.ToArray()), .. RawTar.Entry("inside", '0', []), .. _archive.ToBytes()]))
            .Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);

    [Fact]
    public async Task A_header_that_asks_for_gigabytes_of_memory_is_refused() =>
        (await Refused([.. RawTar.Header("pax", 'x', 3L << 30), .. _archive.ToBytes()], sparseLength: 4L << 30)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);

    [Fact]
    public async Task An_archive_of_very_many_entries_is_refused()
    {
        var entry = RawTar.Entry("x", '0', []);
        (await Refused([.. Enumerable.Repeat(entry, 10_001).SelectMany(bytes => bytes), .. _archive.ToBytes()])).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);
    }

    [Fact]
    public async Task A_very_long_name_is_refused()
    {
        _archive.Entries.Add(SdkArchive.FileEntry(new string('x', 5_000), "x"));
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);
    }

    [Theory]
    [InlineData("index.json")]
    [InlineData("./index.json")]
    [InlineData("oci-layout")]
    public async Task A_second_entry_of_a_name_with_other_bytes_is_refused(string name)
    {
        _archive.Entries.Add(SdkArchive.FileEntry(name, "{}"));
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);
    }

    [Fact]
    public async Task A_second_entry_of_a_blob_with_other_bytes_is_refused()
    {
        var first = _archive.Entries[0];
        _archive.Entries.Add(SdkArchive.FileEntry(first.Name, new byte[first.Length]));
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.BlobMismatch);
    }

    [Fact]
    public async Task A_second_entry_of_a_name_is_refused_even_where_the_image_does_not_use_it()
    {
        _archive.Entries.Add(SdkArchive.FileEntry("repositories", "a"));
        _archive.Entries.Add(SdkArchive.FileEntry("repositories", "b"));
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);
    }

    [Fact]
    public async Task A_name_that_is_a_file_and_a_folder_is_refused()
    {
        _archive.Entries.Add(new PaxTarEntry(TarEntryType.Directory, "index.json/"));
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);
    }

    [Theory]
    [InlineData(0)] // a layer
    [InlineData(2)] // the configuration
    [InlineData(3)] // the manifest
    public async Task A_blob_of_another_digest_is_refused(int entry)
    {
        var content = ((MemoryStream)_archive.Entries[entry].DataStream!).ToArray();
        content[^1] ^= 1;
        _archive.Entries[entry] = SdkArchive.FileEntry(_archive.Entries[entry].Name, content);
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.BlobMismatch);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_blob_of_another_size_than_its_descriptor_says_is_refused(int entry)
    {
        var content = ((MemoryStream)_archive.Entries[entry].DataStream!).ToArray();
        _archive.Entries[entry] = SdkArchive.FileEntry(_archive.Entries[entry].Name, [.. content, 0]);
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.BlobMismatch);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_missing_blob_is_refused(int entry)
    {
        _archive.Entries.RemoveAt(entry);
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.BlobMissing);
    }

    [Theory]
    [InlineData("oci-layout")]
    [InlineData("index.json")]
    public async Task An_archive_that_is_no_oci_layout_is_refused(string missing)
    {
        _archive.Entries.RemoveAll(entry => entry.Name == missing);
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveUnreadable);
    }

    [Fact]
    public async Task A_layout_of_an_unknown_version_is_refused()
    {
        _archive.Replace("oci-layout", """{"imageLayoutVersion":"2.0.0"}""");
        (await Refused()).Diagnostic.Code.ShouldBe(DiagnosticCodes.ImageMalformed);
    }

    [Fact]
    public async Task An_archive_compressed_with_gzip_is_refused_and_the_message_says_so()
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(_archive.ToBytes());
        var error = await Refused(compressed.ToArray());
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveUnreadable);
        error.Message.ShouldContain("compressed with gzip");
    }

    [Fact]
    public async Task A_file_that_is_no_tar_is_refused() =>
        (await Refused(Encoding.UTF8.GetBytes(new string('x', 4096)))).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveUnreadable);

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(1024)]
    public async Task An_empty_file_is_refused(int length) =>
        (await Refused(new byte[length])).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveUnreadable);

    [Fact]
    public async Task A_missing_file_is_refused()
    {
        var error = await Should.ThrowAsync<DiagnosticException>(
            () => OciArchive.OpenAsync(_folder.File("none.tar"), _folder.File("layout"), TestContext.Current.CancellationToken));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveUnreadable);
        error.Message.ShouldContain("none.tar");
    }

    [Fact]
    public async Task A_folder_in_the_place_of_the_archive_is_refused()
    {
        var error = await Should.ThrowAsync<DiagnosticException>(
            () => OciArchive.OpenAsync(_folder.Path, _folder.File("layout"), TestContext.Current.CancellationToken));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveUnreadable);
    }

    [Fact]
    public async Task An_entry_longer_than_the_file_is_refused() =>
        (await Refused([.. RawTar.Header("x", '0', 1L << 40), .. _archive.ToBytes()])).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveUnreadable);

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("-1")]
    [InlineData("99999999999999999999999")]
    public async Task An_absurd_size_in_an_extended_header_is_refused(string size) =>
        (await Refused([.. RawTar.Pax('x', ("size", size)), .. _archive.ToBytes()])).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveUnreadable);

    [Fact]
    public async Task An_archive_cut_off_before_its_end_mark_is_refused_even_though_every_blob_is_there()
    {
        var bytes = _archive.ToBytes();
        (await Refused(bytes[..^1024])).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveUnreadable);
    }

    private Task<DiagnosticException> Refused() => Refused(_archive.ToBytes());

    private async Task<DiagnosticException> Refused(byte[] archive, long sparseLength = 0)
    {
        var file = _folder.File("image.tar");
        await using (var stream = File.Create(file))
        {
            stream.Write(archive);
            stream.SetLength(Math.Max(archive.Length, sparseLength));
        }
        var error = await Should.ThrowAsync<DiagnosticException>(() => OciArchive.OpenAsync(file, _folder.File("layout"), TestContext.Current.CancellationToken));
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldBe([file]);
        error.Message.ShouldContain(file);
        error.Message.ShouldNotContain("SCB");
        return error;
    }
}
