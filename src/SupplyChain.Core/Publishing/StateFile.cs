using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Publishing;

/// <summary>One file of the state, written whole or not at all.</summary>
internal readonly struct StateFile<T>(string directory, string name, JsonTypeInfo<T> type)
    where T : class
{
    public string Path => System.IO.Path.Combine(directory, name);

    /// <summary>Null: the step that writes it has not run.</summary>
    /// <exception cref="DiagnosticException">SCB0109: it is damaged, or something else than that step wrote it.</exception>
    public T? ReadOrNull()
    {
        if (!File.Exists(Path))
            return null;
        try
        {
            using var stream = File.OpenRead(Path);
            return JsonSerializer.Deserialize(stream, type) ?? throw new JsonException("it holds null");
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.StateUnusable,
                $"{Path} cannot be used: {SingleLine.Of(exception.Message, 300).TrimEnd('.')}. Make sure that nothing else writes to that folder, and publish again.",
                exception);
        }
    }

    /// <exception cref="DiagnosticException">SCB0109: the step that writes it has not run, or the file is damaged.</exception>
    public T Read() => ReadOrNull() ?? throw new DiagnosticException(
        DiagnosticCodes.StateUnusable,
        $"{Path} is missing: the step that writes it has not run. Publish again; if SupplyChainPublishDependsOn has been changed, put its steps back.");

    public T Write(T value)
    {
        var temporary = Path + ".tmp";
        using (var stream = File.Create(temporary))
            JsonSerializer.Serialize(stream, value, type);
        File.Move(temporary, Path, overwrite: true);
        return value;
    }
}
