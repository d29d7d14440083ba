using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Publishing;

/// <summary>One file of the state, written whole or not at all.</summary>
/// <param name="reading">Asked for only when it must be: what a serializer needs to know about a type costs more than the small files themselves.</param>
/// <param name="writing">Null: as it is read.</param>
internal readonly struct StateFile<T>(string directory, string name, Func<JsonTypeInfo<T>> reading, Func<JsonTypeInfo<T>>? writing = null, StateMemory? memory = null)
    where T : class
{
    public StateFile(string directory, string name, JsonTypeInfo<T> type)
        : this(directory, name, () => type)
    {
    }

    public string Path => System.IO.Path.Combine(directory, name);

    /// <summary>Null: the step that writes it has not run.</summary>
    /// <exception cref="DiagnosticException">SCB0109: it is damaged, or something else than that step wrote it.</exception>
    public T? ReadOrNull()
    {
        try
        {
            if (memory?.Pending(Path) is T pending)
                return pending;
            if (!File.Exists(Path))
                return null;
            var content = File.ReadAllBytes(Path);
            return memory?.Recall(Path, content) as T ?? JsonSerializer.Deserialize(content, reading()) ?? throw new JsonException("it holds null");
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

    public T Write(T value) => Write(value, overwrite: true);

    private T Write(T value, bool overwrite)
    {
        var temporary = Path + ".tmp";
        var content = Serialize(value);
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, Path, overwrite);
        memory?.Remember(Path, content, value);
        return value;
    }

    /// <summary>The same, a moment later: whoever reads it in this process has it at once, and whoever else when the image is built.</summary>
    /// <param name="after">What is more urgent.</param>
    public void WriteBeside(T value, Task after)
    {
        var file = this;
        // What somebody else has put there in the meantime is not written over: it is an error for whoever reads it.
        memory!.Begin(Path, value, () => file.Write(value, overwrite: false), after);
    }

    /// <summary>Indented, for people; '+' stays '+', since versions hold it and are searched for. None of these files is pasted into HTML.</summary>
    private byte[] Serialize(T value)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = PlainJsonEncoder.Instance }))
            JsonSerializer.Serialize(writer, value, (writing ?? reading)());
        return buffer.WrittenSpan.ToArray();
    }
}
