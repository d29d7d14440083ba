using System.Text.Json;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Sboms;

/// <summary>What the image of one platform says about itself in its configuration; nothing of it is trusted beyond what a bill of materials repeats.</summary>
/// <param name="Manifest">The digest of the platform's manifest.</param>
public sealed record ImageFacts(Platform Platform, Digest Manifest)
{
    /// <summary>DOTNET_VERSION: the runtime in the base image, where that is an official one.</summary>
    public string? RuntimeVersion { get; init; }

    /// <summary>ASPNET_VERSION: the same for ASP.NET Core.</summary>
    public string? AspNetVersion { get; init; }

    /// <summary>The label <c>org.opencontainers.image.base.name</c>.</summary>
    public string? BaseName { get; init; }

    /// <summary>The label <c>org.opencontainers.image.base.digest</c>.</summary>
    public Digest? BaseDigest { get; init; }

    /// <summary>Reads the configuration of each platform.</summary>
    public static IReadOnlyList<ImageFacts> Of(ImageLayout image) => [.. image.Platforms.Select(platform => Of(platform, LayoutCheck.ReadDocument(image, platform.Config)))];

    internal static ImageFacts Of(PlatformImage image, ReadOnlyMemory<byte> configuration)
    {
        var facts = new ImageFacts(image.Platform, image.Manifest.Digest);
        using var document = StrictJson.Parse(configuration, "the image configuration");
        if (!document.RootElement.TryGetProperty("config", out var config) || config.ValueKind != JsonValueKind.Object)
            return facts;
        var environment = config.TryGetProperty("Env", out var env) && env.ValueKind == JsonValueKind.Array
            ? env.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.String).Select(entry => entry.GetString()!).ToList() : [];
        var labels = config.TryGetProperty("Labels", out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
        return facts with
        {
            RuntimeVersion = Version("DOTNET_VERSION="),
            AspNetVersion = Version("ASPNET_VERSION="),
            BaseName = Label("org.opencontainers.image.base.name"),
            BaseDigest = Digest.TryParse(Label("org.opencontainers.image.base.digest") ?? "", out var digest) ? digest : null,
        };

        string? Version(string prefix) =>
            environment.Find(entry => entry.StartsWith(prefix, StringComparison.Ordinal)) is { } entry && entry[prefix.Length..] is { Length: > 0 and < 64 } version
            && version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-') ? version : null;

        string? Label(string name) =>
            labels.ValueKind == JsonValueKind.Object && labels.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            && value.GetString() is { Length: > 0 and < 512 } text && !text.Any(char.IsControl) ? text : null;
    }
}
