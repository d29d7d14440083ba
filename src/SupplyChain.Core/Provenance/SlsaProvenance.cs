using System.Buffers;
using System.Globalization;
using System.Text.Json;
using SupplyChain.Core.Files;
using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Provenance;

/// <summary>
/// Writes the predicate of an SLSA provenance (slsa.dev/spec/v1.0/provenance): what was built from what, by whom, when. The page behind
/// <see cref="BuildType"/> says what each field means.
/// </summary>
internal static class SlsaProvenance
{
    public const string BuildType = "https://github.com/SupplyChain-Build/SupplyChain.Build/blob/main/docs/buildtypes/publish-container/v1.md";

    /// <returns>JSON, UTF-8, indented: the file is for people too.</returns>
    public static ReadOnlyMemory<byte> Write(ProvenanceInput input)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = PlainJsonEncoder.Instance }))
        {
            writer.WriteStartObject();
            WriteDefinition(writer, input);
            WriteRun(writer, input);
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    private static void WriteDefinition(Utf8JsonWriter writer, ProvenanceInput input)
    {
        writer.WriteStartObject("buildDefinition"u8);
        writer.WriteString("buildType"u8, BuildType);
        writer.WriteStartObject("externalParameters"u8);
        writer.WriteString("project"u8, PlaceOf(input.ProjectFile, input.Source?.Root));
        writer.WriteStartObject("properties"u8);
        foreach (var (name, value) in input.Parameters.OrderBy(item => item.Key, StringComparer.Ordinal))
            writer.WriteString(name, value);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartArray("resolvedDependencies"u8);
        if (input.Source is { } source)
            WriteSource(writer, source, input.Build.Repository);
        foreach (var image in input.BaseImages)
            WriteDependency(writer, image.Purl, "base image", "sha256", image.Digest.Hex);
        foreach (var package in input.Packages)
            WriteDependency(writer, package.Purl, null, "sha512", package.Sha512);
        foreach (var tool in input.Tools)
            WriteDependency(writer, tool.Version.Length == 0 ? tool.Purl : $"{tool.Purl}@{Uri.EscapeDataString(tool.Version)}", tool.Name, "sha256", tool.Sha256);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteSource(Utf8JsonWriter writer, SourceRevision source, string? ciRepository)
    {
        writer.WriteStartObject();
        // A CI system's own word on where its sources come from; a remote may be a mirror, or a path.
        if ((SourceRevision.PublicAddress(ciRepository) ?? source.Repository) is { } repository)
            writer.WriteString("uri"u8, $"git+{repository}{(source.Reference is null ? "" : $"@{source.Reference}")}");
        writer.WriteString("name"u8, "source");
        writer.WriteStartObject("digest"u8);
        writer.WriteString("gitCommit"u8, source.Commit);
        writer.WriteEndObject();
        writer.WriteStartObject("annotations"u8);
        writer.WriteBoolean("dirty"u8, source.Dirty);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteDependency(Utf8JsonWriter writer, string uri, string? name, string algorithm, string? digest)
    {
        writer.WriteStartObject();
        writer.WriteString("uri"u8, uri);
        if (name is not null)
            writer.WriteString("name"u8, name);
        if (digest is not null)
        {
            writer.WriteStartObject("digest"u8);
            writer.WriteString(algorithm, digest);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private static void WriteRun(Utf8JsonWriter writer, ProvenanceInput input)
    {
        writer.WriteStartObject("runDetails"u8);
        writer.WriteStartObject("builder"u8);
        writer.WriteString("id"u8, input.Build.BuilderId);
        writer.WriteStartObject("version"u8);
        writer.WriteString("SupplyChain.Build"u8, input.Version);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartObject("metadata"u8);
        if (input.Build.InvocationId is { } invocation)
            writer.WriteString("invocationId"u8, invocation);
        writer.WriteString("startedOn"u8, Time(input.StartedAt));
        writer.WriteString("finishedOn"u8, Time(input.FinishedAt));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>RFC 3339, UTC, seconds.</summary>
    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string PlaceOf(string file, string? root)
    {
        if (root is null)
            return Path.GetFileName(file);
        var place = Path.GetRelativePath(root, file).Replace('\\', '/');
        return place.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(place) ? Path.GetFileName(file) : place;
    }
}
