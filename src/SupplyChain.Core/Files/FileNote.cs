using System.Globalization;

namespace SupplyChain.Core.Files;

/// <summary>
/// What was found out about a file, remembered while the file has the same place, length and time. Other builds read and write the note at the same time, so it appears
/// whole; where it cannot be kept (a cache folder that is read-only), the same is found out again.
/// </summary>
internal sealed class FileNote
{
    /// <summary>Characters: a note is a line or a few, and whoever fills the cache folder is not trusted with more.</summary>
    private const int MostCharacters = 8192;

    private readonly FileInfo _file;
    private readonly string _note;
    private readonly string _state;

    /// <param name="note">Absolute path of the note.</param>
    public FileNote(FileInfo file, string note) => (_file, _note, _state) = (file, note, StateOf(file));

    /// <summary>Two that are equal stand for the same content: who changes a program or a database gives it another length or time.</summary>
    public static string StateOf(FileInfo file) => string.Create(CultureInfo.InvariantCulture, $"{file.Length} {file.LastWriteTimeUtc.Ticks} {file.FullName}");

    public string? Read()
    {
        try
        {
            if (!File.Exists(_note) || new FileInfo(_note).Length > MostCharacters)
                return null;
            var text = File.ReadAllText(_note);
            return text.StartsWith(_state + "\n", StringComparison.Ordinal) ? text[(_state.Length + 1)..] : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Nothing is remembered of a file that has changed while it was looked at.</summary>
    /// <returns>Whether the file is still the same.</returns>
    public bool Write(string text)
    {
        try
        {
            _file.Refresh();
            if (!_file.Exists || StateOf(_file) != _state)
                return false;
            Directory.CreateDirectory(Path.GetDirectoryName(_note)!);
            var own = $"{_note}.{Path.GetRandomFileName()}";
            File.WriteAllText(own, $"{_state}\n{text}");
            File.Move(own, _note, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }

        return true;
    }
}
