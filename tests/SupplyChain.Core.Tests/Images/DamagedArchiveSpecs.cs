using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

/// <summary>Whatever happens to the bytes of an archive: the same image, or a coded error and nothing left behind. Never anything else.</summary>
public sealed class DamagedArchiveSpecs : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly SdkArchive _archive = SdkArchive.OfTwoPlatforms("1.0");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_truncated_archive_is_the_same_image_or_a_coded_error()
    {
        var bytes = _archive.ToBytes();
        for (var length = 0; length < bytes.Length; length += 97)
        {
            // The end mark is two empty blocks; one of them is enough to know that nothing is missing.
            (await TryOpen(bytes[..length])).ShouldBe(length >= bytes.Length - 512, $"cut off at {length} of {bytes.Length}");
        }
    }

    [Fact]
    public async Task An_archive_with_any_byte_changed_is_the_same_image_or_a_coded_error()
    {
        var bytes = _archive.ToBytes();
        var random = new Random(20260102);
        for (var i = 0; i < 1_000; i++)
        {
            var damaged = (byte[])bytes.Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            await TryOpen(damaged);
        }
    }

    [Fact]
    public async Task An_archive_with_blocks_moved_removed_or_repeated_is_the_same_image_or_a_coded_error()
    {
        var bytes = _archive.ToBytes();
        var random = new Random(20260103);
        for (var i = 0; i < 300; i++)
        {
            var blocks = bytes.Chunk(512).ToList();
            var from = random.Next(blocks.Count);
            var block = blocks[from];
            if (random.Next(3) != 0)
                blocks.RemoveAt(from);
            if (random.Next(3) != 0)
                blocks.Insert(random.Next(blocks.Count), block);
            await TryOpen([.. blocks.SelectMany(part => part)]);
        }
    }

    [Fact]
    public async Task An_archive_with_any_text_of_its_documents_changed_is_the_same_image_or_a_coded_error()
    {
        var random = new Random(20260104);
        var text = _archive.Text("index.json");
        for (var i = 0; i < 300; i++)
        {
            var at = random.Next(text.Length);
            var length = random.Next(Math.Min(20, text.Length - at));
            _archive.Replace("index.json", text.Remove(at, length).Insert(at, random.GetString("\"{}[]:,\\0129azA \u0000é", random.Next(6))));
            await TryOpen(_archive.ToBytes());
        }
    }

    private async Task<bool> TryOpen(byte[] bytes)
    {
        var file = _folder.File("image.tar");
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        try
        {
            var layout = await OciArchive.OpenAsync(file, _folder.File("layout"), TestContext.Current.CancellationToken);
            layout.Root.Digest.ShouldBe(_archive.Root.Digest);
            await LayoutCheck.RunAsync(layout, [.. layout.ListBlobs(), .. layout.ListManifests()], TestContext.Current.CancellationToken);
            Directory.EnumerateFileSystemEntries(_folder.Path).Count().ShouldBe(2);
            Directory.Delete(_folder.File("layout"), recursive: true);
            return true;
        }
        catch (DiagnosticException e)
        {
            (e.Diagnostic.Code.Number / 10).ShouldBe(100);
            Directory.EnumerateFileSystemEntries(_folder.Path).ShouldBe([file]);
            return false;
        }
    }
}
