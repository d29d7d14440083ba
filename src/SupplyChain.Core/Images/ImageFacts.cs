using System.Text.Json;

namespace SupplyChain.Core.Images;

/// <summary>
/// What the image of one platform says about itself in its configuration (OCI image specification 1.1, config.md), read once, when the image has been
/// opened and its bytes will not change any more; nothing of it is trusted beyond what documents about the image repeat.
/// </summary>
public sealed record ImageFacts
{
    /// <summary>When the image was made (<c>created</c>, RFC 3339).</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>DOTNET_VERSION: the runtime in the base image, where that is an official one.</summary>
    public string? RuntimeVersion { get; init; }

    /// <summary>ASPNET_VERSION: the same for ASP.NET Core.</summary>
    public string? AspNetVersion { get; init; }

    /// <summary>The label <c>org.opencontainers.image.base.name</c>.</summary>
    public string? BaseName { get; init; }

    /// <summary>The label <c>org.opencontainers.image.base.digest</c>.</summary>
    public Digest? BaseDigest { get; init; }

    /// <summary>The image with the facts of each platform.</summary>
    internal static ImageLayout ReadInto(ImageLayout image) => image with
    {
        Platforms = [.. image.Platforms.Select(platform => platform with { Facts = Read(LayoutCheck.ReadDocument(image, platform.Config)) })],
    };

    internal static ImageFacts Read(ReadOnlyMemory<byte> configuration)
    {
        using var document = StrictJson.Parse(configuration, "the image configuration");
        var root = document.RootElement;
        var facts = new ImageFacts
        {
            Created = root.TryGetProperty("created", out var created) && created.ValueKind == JsonValueKind.String && created.TryGetDateTimeOffset(out var time) ? time : null,
        };
        if (!root.TryGetProperty("config", out var config) || config.ValueKind != JsonValueKind.Object)
            return facts;
        var environment = config.TryGetProperty("Env", out var env) && env.ValueKind == JsonValueKind.Array
            ? env.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.String).Select(Text).OfType<string>().ToList() : [];
        var labels = config.TryGetProperty("Labels", out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
        return facts with
        {
            RuntimeVersion = Version("DOTNET_VERSION="),
            AspNetVersion = Version("ASPNET_VERSION="),
            BaseName = Label("org.opencontainers.image.base.name"),
            BaseDigest = Digest.TryParse(Label("org.opencontainers.image.base.digest"), out var digest) ? digest : null,
        };

        string? Version(string prefix) =>
            environment.Find(entry => entry.StartsWith(prefix, StringComparison.Ordinal)) is { } entry && entry[prefix.Length..] is { Length: > 0 and < 64 } version
            && version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-') ? version : null;

        string? Label(string name) =>
            labels.ValueKind == JsonValueKind.Object && labels.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            && Text(value) is { Length: > 0 and < 512 } text && !text.Any(char.IsControl) ? text : null;
    }

    /// <summary>Null: half of a surrogate pair, which is valid JSON but no text.</summary>
    private static string? Text(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
