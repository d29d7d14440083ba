using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SupplyChain.Core.Manifests;

/// <summary>A YAML document with the places of its parts in the text: what is changed is changed there, and everything else stays as somebody wrote it.</summary>
/// <param name="Start">Index of the first character in the text.</param>
/// <param name="End">Index behind the last one.</param>
internal abstract record YamlNode(int Start, int End)
{
    /// <summary>Deeper documents are not read: nobody writes them by hand.</summary>
    private const int DeepestNesting = 100;

    /// <exception cref="YamlException">Not YAML.</exception>
    public static IReadOnlyList<YamlNode> Parse(string text)
    {
        // The mark of the byte order is no part of the first line.
        var offset = text.StartsWith('\uFEFF') ? 1 : 0;
        var parser = new Parser(new StringReader(text[offset..]));
        var documents = new List<YamlNode>();
        parser.Consume<StreamStart>();
        while (parser.TryConsume<DocumentStart>(out _))
        {
            documents.Add(Read(parser, offset, 0));
            parser.Consume<DocumentEnd>();
        }
        parser.Consume<StreamEnd>();
        return documents;
    }

    private static YamlNode Read(Parser parser, int offset, int depth)
    {
        if (depth > DeepestNesting)
            throw new YamlException(parser.Current!.Start, parser.Current.End, $"it is nested more than {DeepestNesting} levels deep");
        if (parser.TryConsume<Scalar>(out var scalar))
            return new YamlScalar(scalar.Value, scalar.Style is ScalarStyle.Literal or ScalarStyle.Folded, At(scalar.Start), At(scalar.End), (int)scalar.Start.Line, (int)scalar.Start.Column);
        if (parser.TryConsume<SequenceStart>(out var sequence))
        {
            var items = new List<YamlNode>();
            while (!parser.Accept<SequenceEnd>(out _))
                items.Add(Read(parser, offset, depth + 1));
            return new YamlSequence(items, At(sequence.Start), At(parser.Consume<SequenceEnd>().End));
        }
        if (parser.TryConsume<MappingStart>(out var mapping))
        {
            var members = new List<(YamlNode Key, YamlNode Value)>();
            while (!parser.Accept<MappingEnd>(out _))
                members.Add((Read(parser, offset, depth + 1), Read(parser, offset, depth + 1)));
            return new YamlMapping(members, mapping.Style == MappingStyle.Flow, At(mapping.Start), At(parser.Consume<MappingEnd>().End));
        }
        var alias = parser.Consume<AnchorAlias>();
        // What it stands for has its own place.
        return new YamlAlias(At(alias.Start), At(alias.End));

        int At(Mark mark) => (int)mark.Index + offset;
    }
}

/// <param name="IsBlock">A text of several lines (<c>|</c>, <c>&gt;</c>).</param>
/// <param name="Line">1-based.</param>
/// <param name="Column">1-based.</param>
internal sealed record YamlScalar(string Value, bool IsBlock, int Start, int End, int Line, int Column) : YamlNode(Start, End);

internal sealed record YamlSequence(IReadOnlyList<YamlNode> Items, int Start, int End) : YamlNode(Start, End);

internal sealed record YamlMapping(IReadOnlyList<(YamlNode Key, YamlNode Value)> Members, bool IsFlow, int Start, int End) : YamlNode(Start, End)
{
    public (YamlScalar Key, YamlScalar Value)? Find(string name)
    {
        foreach (var (key, value) in Members)
        {
            if (key is YamlScalar scalar && scalar.Value == name)
                return value is YamlScalar text ? (scalar, text) : null;
        }
        return null;
    }

    public YamlNode? this[string name] => Members.FirstOrDefault(member => member.Key is YamlScalar key && key.Value == name).Value;
}

internal sealed record YamlAlias(int Start, int End) : YamlNode(Start, End);
