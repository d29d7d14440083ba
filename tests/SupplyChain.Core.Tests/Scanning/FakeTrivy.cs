using System.Text.Json.Nodes;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>
/// In trivy's place for what the real one cannot be made to do. It writes a true report for whatever layout it is asked to scan, which a test then
/// spoils.
/// </summary>
internal sealed class FakeTrivy : IToolRunner
{
    public static readonly Tool Tool = new("trivy", "/opt/trivy", "the test");

    /// <summary>Changes the report of an image before it is written.</summary>
    public Action<JsonObject> SpoilImage { get; init; } = _ => { };

    public Action<JsonObject> SpoilInventory { get; init; } = _ => { };

    /// <summary>Writes in the report's place what this returns; null: no file.</summary>
    public Func<string, string?> Write { get; init; } = report => report;

    public string Version { get; init; } = "Version: 0.74.0\n";

    public ToolResult Result { get; init; } = new(0, "", "", TimeSpan.Zero);

    public List<ToolInvocation> Invocations { get; } = [];

    public async Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        lock (Invocations)
            Invocations.Add(invocation);
        cancellationToken.ThrowIfCancellationRequested();
        var arguments = invocation.Arguments;
        if (arguments[0] == "--version")
            return new ToolResult(0, Version, "", TimeSpan.Zero);
        JsonObject report;
        if (arguments[0] == "sbom")
        {
            report = new JsonObject { ["SchemaVersion"] = 2, ["ArtifactName"] = arguments[^1], ["ArtifactType"] = "cyclonedx", ["Results"] = Results("nuget") };
            SpoilInventory(report);
        }
        else
        {
            report = await DescribeAsync(arguments[2], cancellationToken);
            SpoilImage(report);
        }

        if (Write(report.ToJsonString()) is { } text)
            await File.WriteAllTextAsync(arguments[arguments.ToList().IndexOf("--output") + 1], text, cancellationToken);
        return Result;
    }

    private static async Task<JsonObject> DescribeAsync(string view, CancellationToken cancellationToken)
    {
        async Task<JsonNode> ReadAsync(string file) => JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(view, file), cancellationToken))!;
        async Task<JsonNode> BlobAsync(JsonNode descriptor) => await ReadAsync(Path.Combine("blobs", "sha256", Digest.Parse(descriptor["digest"]!.GetValue<string>()).Hex));

        var manifest = await BlobAsync((await ReadAsync("index.json"))["manifests"]!.AsArray().ShouldHaveSingleItem()!);
        var config = await BlobAsync(manifest["config"]!);
        return new JsonObject
        {
            ["SchemaVersion"] = 2,
            ["ArtifactName"] = view,
            ["ArtifactType"] = "container_image",
            ["Metadata"] = new JsonObject
            {
                ["OS"] = new JsonObject { ["Family"] = "debian", ["Name"] = "12.5" },
                ["ImageID"] = manifest["config"]!["digest"]!.DeepClone(),
                ["DiffIDs"] = config["rootfs"]!["diff_ids"]!.DeepClone(),
                ["ImageConfig"] = config.DeepClone(),
            },
            ["Results"] = Results("dotnet-core"),
        };
    }

    private static JsonArray Results(string type) =>
    [
        new JsonObject
        {
            ["Target"] = "app/Hello.deps.json",
            ["Class"] = "lang-pkgs",
            ["Type"] = type,
            ["Packages"] = new JsonArray(new JsonObject { ["Name"] = "Newtonsoft.Json", ["Version"] = "12.0.3" }),
            ["Vulnerabilities"] = new JsonArray(new JsonObject
            {
                ["VulnerabilityID"] = "CVE-2024-21907",
                ["PkgName"] = "Newtonsoft.Json",
                ["InstalledVersion"] = "12.0.3",
                ["FixedVersion"] = "13.0.1",
                ["Status"] = "fixed",
                ["Severity"] = "HIGH",
                ["Title"] = "a title",
                ["PkgIdentifier"] = new JsonObject { ["PURL"] = "pkg:nuget/Newtonsoft.Json@12.0.3" },
            }),
        },
    ];
}
