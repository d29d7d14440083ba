using SupplyChain.Core.Files;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Files;

public sealed class FileNoteSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    public FileNoteSpecs() => File.WriteAllText(File1, "content");

    private string File1 => _folder.File("trivy");

    private FileNote Note => new(new FileInfo(File1), _folder.File("cache/notes/version.txt"));

    [Fact]
    public void What_was_written_is_read_again_line_for_line()
    {
        Note.Read().ShouldBeNull();
        Note.Write("Version: 0.68.2\nVulnerability DB:\n").ShouldBeTrue();
        Note.Read().ShouldBe("Version: 0.68.2\nVulnerability DB:\n");
        Directory.GetFiles(_folder.File("cache/notes")).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_file_of_another_time_or_length_or_place_is_another_one()
    {
        Note.Write("it");
        File.SetLastWriteTimeUtc(File1, DateTime.UnixEpoch.AddDays(1));
        Note.Read().ShouldBeNull();
        Note.Write("it");
        File.AppendAllText(File1, "!");
        File.SetLastWriteTimeUtc(File1, DateTime.UnixEpoch.AddDays(1));
        Note.Read().ShouldBeNull();
        Note.Write("it");
        File.Copy(File1, _folder.File("other"));
        File.SetLastWriteTimeUtc(_folder.File("other"), DateTime.UnixEpoch.AddDays(1));
        new FileNote(new FileInfo(_folder.File("other")), _folder.File("cache/notes/version.txt")).Read().ShouldBeNull();
    }

    [Fact]
    public void Nothing_is_remembered_of_a_file_that_changed_while_it_was_looked_at()
    {
        var note = Note;
        File.WriteAllText(File1, "other content");
        note.Write("it").ShouldBeFalse();
        note.Read().ShouldBeNull();
        Note.Read().ShouldBeNull();
    }

    [Fact]
    public void A_note_that_somebody_else_left_half_or_huge_is_none()
    {
        Note.Write("Version: 0.68.2");
        var file = _folder.File("cache/notes/version.txt");
        var whole = File.ReadAllText(file);
        File.WriteAllText(file, whole[..5]);
        Note.Read().ShouldBeNull();
        File.WriteAllText(file, whole + new string('x', 10_000));
        Note.Read().ShouldBeNull();
    }

    [Fact]
    public void A_place_that_cannot_be_written_to_costs_the_memory_and_nothing_else()
    {
        File.WriteAllText(_folder.File("cache"), "a file where the folder should be");
        Note.Write("it").ShouldBeTrue();
        Note.Read().ShouldBeNull();
    }

    public void Dispose() => _folder.Dispose();
}
