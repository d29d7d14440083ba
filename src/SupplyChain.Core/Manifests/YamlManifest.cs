using SupplyChain.Core.Images;
using YamlDotNet.Core;

namespace SupplyChain.Core.Manifests;

/// <summary>Where a YAML file names the image: Kubernetes and compose (<c>image:</c>), kustomize (<c>images:</c>), values of Helm charts.</summary>
internal sealed class YamlManifest(string text, DeployedImage image)
{
    private readonly List<ManifestReference> _found = [];

    /// <exception cref="UnusableManifestException">Not YAML, or a reference that cannot be changed.</exception>
    public static IReadOnlyList<ManifestReference> Find(string text, DeployedImage image)
    {
        try
        {
            var manifest = new YamlManifest(text, image);
            foreach (var document in YamlNode.Parse(text))
                manifest.Visit(document, null);
            return manifest._found;
        }
        catch (YamlException exception)
        {
            throw new UnusableManifestException((int)exception.Start.Line, $"it is not valid YAML: {exception.InnerException?.Message ?? exception.Message}", exception);
        }
    }

    private void Visit(YamlNode node, string? key)
    {
        switch (node)
        {
            case YamlMapping mapping:
                if (IsKustomizeImage(mapping, key) || IsChartImage(mapping))
                    break;
                foreach (var (name, value) in mapping.Members)
                    Visit(value, (name as YamlScalar)?.Value);
                break;
            case YamlSequence sequence:
                foreach (var item in sequence.Items)
                    Visit(item, key);
                break;
            case YamlScalar scalar when image.IsNamedBy(scalar.Value, out var reference) && (reference.Tag is not null || reference.Digest is not null || IsImageKey(key)):
                // A bare name means the tag 'latest' where an image is run, and is only a name elsewhere.
                Add(scalar, scalar.Value, reference.Digest, () => [Replace(scalar, image.Pinned)]);
                break;
        }
    }

    private static bool IsImageKey(string? key) => key is not null && key.EndsWith("image", StringComparison.OrdinalIgnoreCase);

    /// <summary>An entry of kustomize's <c>images:</c>: <c>newTag</c> gives way to <c>digest</c>.</summary>
    private bool IsKustomizeImage(YamlMapping entry, string? key)
    {
        if (key != "images" || entry.Find("name") is not { } name)
            return false;
        var named = entry.Find("newName") ?? name;
        if (named.Value.Value != image.Name.Name)
            return named != name || entry.Find("newTag") is not null;
        var (tag, digest) = (entry.Find("newTag"), entry.Find("digest"));
        var text = $"{named.Value.Value}{(tag is { } t ? $":{t.Value.Value}" : "")}{(digest is { } d ? $"@{d.Value.Value}" : "")}";
        Add(digest?.Value ?? tag?.Value ?? named.Value, text, digest is { } given && Digest.TryParse(given.Value.Value, out var parsed) ? parsed : null, () =>
            digest is { } there ? [Replace(there.Value, image.Digest.ToString()!)]
            : tag is { } old ? [Replace(old.Key, "digest"), Replace(old.Value, image.Digest.ToString()!, anew: true)]
            : [Insert(entry, named, "digest", image.Digest.ToString()!)]);
        return true;
    }

    /// <summary>Helm's habit: <c>repository</c>, with <c>registry</c>, <c>tag</c> and <c>digest</c> beside it. Charts put a <c>:</c> before the tag, so the digest goes behind one.</summary>
    private bool IsChartImage(YamlMapping mapping)
    {
        if (mapping.Find("repository") is not { } repository)
            return false;
        var registry = mapping.Find("registry");
        var name = registry is { Value.Value.Length: > 0 } host ? $"{host.Value.Value}/{repository.Value.Value}" : repository.Value.Value;
        if (name != image.Name.Name)
            return false;
        var (tag, digest) = (mapping.Find("tag"), mapping.Find("digest"));
        if (digest is { } own)
        {
            Add(own.Value, $"{name}{(tag is { } beside ? $":{beside.Value.Value}" : "")}@{own.Value.Value}", Digest.TryParse(own.Value.Value, out var parsed) ? parsed : null, () => [Replace(own.Value, image.Digest.ToString()!, anew: true)]);
            return true;
        }
        var parts = (tag?.Value.Value ?? "").Split('@', 2);
        var wanted = $"{image.Tag ?? (parts[0].Length > 0 ? parts[0] : "pinned")}@{image.Digest}";
        Add(tag?.Value ?? repository.Value, $"{name}{(tag is { } shown ? $":{shown.Value.Value}" : "")}", parts.Length > 1 && Digest.TryParse(parts[1], out var pinned) ? pinned : null, () =>
            tag is { } old ? [Replace(old.Value, wanted, anew: true)] : [Insert(mapping, repository, "tag", wanted)]);
        return true;
    }

    private void Add(YamlScalar place, string found, Digest? digest, Func<TextEdit[]> edits) =>
        _found.Add(new ManifestReference(place.Line, found, digest is not null, image.Digest is null || image.Digest == digest ? [] : edits()));

    /// <param name="anew">The value is written anew, in double quotes where it had any; otherwise only its text changes.</param>
    private TextEdit Replace(YamlScalar scalar, string value, bool anew = false)
    {
        var raw = text[scalar.Start..scalar.End];
        if (scalar.IsBlock || raw.Contains('\n'))
            throw new UnusableManifestException(scalar.Line, "the image stands on several lines. Write it on one");
        if (anew && (raw.Length == 0 || raw[0] is '"' or '\'' || raw == scalar.Value))
        {
            var quote = raw.Length > 0 && raw[0] == '\'' ? '\'' : '"';
            // A key without a value ends at its colon.
            return new TextEdit(scalar.Start, raw.Length, $"{(raw.Length == 0 && scalar.Start > 0 && text[scalar.Start - 1] == ':' ? " " : "")}{quote}{value}{quote}");
        }
        var at = raw.IndexOf(scalar.Value, StringComparison.Ordinal);
        if (scalar.Value.Length == 0 || at < 0 || raw.IndexOf(scalar.Value, at + 1, StringComparison.Ordinal) >= 0)
            throw new UnusableManifestException(scalar.Line, $"'{Diagnostics.SingleLine.Of(raw, 100)}' cannot be changed safely. Write the image plainly, without escapes");
        return new TextEdit(scalar.Start + at, scalar.Value.Length, value);
    }

    /// <summary>A new member behind another one, in the same column.</summary>
    private TextEdit Insert(YamlMapping mapping, (YamlScalar Key, YamlScalar Value) behind, string name, string value)
    {
        if (mapping.IsFlow)
            return new TextEdit(behind.Value.End, 0, $", {name}: \"{value}\"");
        // At the end of the line, behind a comment that belongs to it.
        var end = text.IndexOf('\n', behind.Value.End);
        var (at, line) = end < 0 ? (text.Length, "\n") : text[end - 1] == '\r' ? (end - 1, "\r\n") : (end, "\n");
        return new TextEdit(at, 0, $"{line}{new string(' ', behind.Key.Column - 1)}{name}: \"{value}\"");
    }
}
