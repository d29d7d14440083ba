using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// The properties of a project as MSBuild hands them over: names and texts. Reads them as typed values; a value that is not valid is SCB0103,
/// with the valid values in its text.
/// </summary>
internal sealed class Settings(IReadOnlyDictionary<string, string> values, string projectFile)
{
    public string ProjectFile => projectFile;

    public string ProjectDirectory => System.IO.Path.GetDirectoryName(projectFile)!;

    public IEnumerable<string> Names => values.Keys;

    /// <summary>The same with other values in place of some.</summary>
    public Settings With(IReadOnlyDictionary<string, string> changes) =>
        changes.Count == 0 ? this : new Settings(values.Where(value => !changes.ContainsKey(value.Key)).Concat(changes).ToDictionary(), projectFile);

    /// <summary>The trimmed text, or null when the property is empty.</summary>
    public string? Text(string name) =>
        values.TryGetValue(name, out var text) && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    /// <summary>The text of a property that our own targets always set.</summary>
    public string Required(string name) => Text(name) ?? throw new InvalidOperationException($"The setting {name} was not handed over.");

    /// <summary>A path made absolute against the project's folder. Both kinds of slashes are folder separators, as everywhere in MSBuild.</summary>
    public string? Path(string name) => Text(name) is { } text
        ? System.IO.Path.GetFullPath(
            System.IO.Path.DirectorySeparatorChar == '/' ? text.Replace('\\', '/') : text,
            ProjectDirectory)
        : null;

    public bool Boolean(string name, bool defaultValue) => Text(name) switch
    {
        null => defaultValue,
        var text when text.Equals("true", StringComparison.OrdinalIgnoreCase) => true,
        var text when text.Equals("false", StringComparison.OrdinalIgnoreCase) => false,
        var text => throw Invalid(name, "true, false"),
    };

    /// <summary>One of an enumeration's names; upper and lower case do not matter, numbers are not names.</summary>
    public T OneOf<T>(string name, T defaultValue)
        where T : struct, Enum => Text(name) is { } text ? Named<T>(name, text) : defaultValue;

    /// <summary>A whole number that is not negative.</summary>
    public int Number(string name, int defaultValue) => Text(name) is not { } text ? defaultValue
        : int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number <= 100_000 ? number
        : throw Invalid(name, "whole numbers from 0 to 100000");

    /// <summary>Names of an enumeration, with ';' between them; none when the property is empty.</summary>
    public IReadOnlyList<T> SomeOf<T>(string name)
        where T : struct, Enum => [.. List(name).Select(text => Named<T>(name, text)).Distinct()];

    public IReadOnlyList<string> List(string name) =>
        Text(name)?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Several of an enumeration's names, each once, in the order of the enumeration; empty: all of <paramref name="defaults"/>.</summary>
    public IReadOnlyList<T> ListOf<T>(string name, params T[] defaults)
        where T : struct, Enum => List(name) is { Count: > 0 } texts ? [.. texts.Select(text => Named<T>(name, text)).Distinct().Order()] : defaults;

    private T Named<T>(string name, string text)
        where T : struct, Enum
    {
        foreach (var valid in Enum.GetNames<T>())
        {
            if (valid.Equals(text, StringComparison.OrdinalIgnoreCase))
                return Enum.Parse<T>(valid);
        }

        throw Invalid(name, string.Join(", ", Enum.GetNames<T>()));
    }

    /// <param name="validValues">For people: <c>true, false</c>.</param>
    public DiagnosticException Invalid(string name, string validValues) =>
        new(new Diagnostic(DiagnosticCodes.UnknownValue, $"{name} is '{Text(name)}'. Valid values: {validValues}.", projectFile));
}
