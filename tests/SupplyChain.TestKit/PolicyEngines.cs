using System.Text.Json.Nodes;
using CliWrap;
using CliWrap.Buffered;

namespace SupplyChain.TestKit;

/// <summary>
/// What the engines of a cluster make of a policy, without a cluster: the schemas of their resources (tests/toolchain/policies.mjs), JMESPath and CEL by engines of
/// those languages, Rego by the OPA that is a part of Trivy.
/// </summary>
internal static class PolicyEngines
{
    public static string Crds { get; } = Path.Combine(Toolchain.RepositoryRoot, "tests/SupplyChain.Core.Tests/Schemas/crds");

    /// <summary>The documents of a YAML file, by a parser that is not ours.</summary>
    public static async Task<IReadOnlyList<JsonObject>> ReadAsync(string file, CancellationToken cancellationToken)
    {
        var result = await RunAsync(["read", file], "", cancellationToken);
        return result.ExitCode == 0 ? [.. JsonNode.Parse(result.StandardOutput)!.AsArray().Select(item => item!.AsObject())] : throw Failed(result);
    }

    /// <returns>One line an error, empty when all documents fit the schemas; a field that these do not know is an error.</returns>
    public static async Task<string> ErrorsAsync(IEnumerable<string> files, CancellationToken cancellationToken)
    {
        var result = await RunAsync(["check", Crds, .. files], "", cancellationToken);
        return result.ExitCode is 0 or 1 ? result.StandardOutput : throw Failed(result);
    }

    /// <param name="request">What is asked, see tests/toolchain/policies.mjs.</param>
    /// <returns>Why it is refused; empty: let in.</returns>
    public static async Task<IReadOnlyList<string>> RefusalsAsync(string file, JsonObject request, CancellationToken cancellationToken)
    {
        var result = await RunAsync(["decide", file], request.ToJsonString(), cancellationToken);
        return result.ExitCode is 0 or 3 ? result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries) : throw Failed(result);
    }

    /// <summary>Runs Rego.</summary>
    /// <param name="modules">The policy's own.</param>
    /// <param name="rule">The body of a rule that sets <c>msg</c> for each refusal; the case is <c>input.request</c>.</param>
    /// <returns>The messages for each case.</returns>
    public static async Task<ILookup<string, string>> RegoAsync(IReadOnlyList<string> modules, string rule, IReadOnlyDictionary<string, JsonNode> cases, CancellationToken cancellationToken)
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder.File("rules"));
        Directory.CreateDirectory(folder.File("cases"));
        foreach (var (index, module) in modules.Index())
            await File.WriteAllTextAsync(folder.File($"rules/module{index}.rego"), module, cancellationToken);
        await File.WriteAllTextAsync(folder.File("rules/case.rego"), $$"""
            # METADATA
            # title: Case
            # custom:
            #   id: USER-0001
            #   severity: HIGH
            #   input:
            #     selector:
            #     - type: json
            package user.case

            import future.keywords.contains
            import future.keywords.if
            import future.keywords.in

            deny contains res if {
              {{rule}}
              res := result.new(msg, {})
            }

            """, cancellationToken);
        foreach (var (name, request) in cases)
            await File.WriteAllTextAsync(folder.File($"cases/{name}.json"), new JsonObject { ["request"] = request.DeepClone() }.ToJsonString(), cancellationToken);
        var result = await Cli.Wrap(Toolchain.Require("trivy"))
            .WithArguments(["config", "--skip-check-update", "--quiet", "--config-check", folder.File("rules"), "--check-namespaces", "user", "--misconfig-scanners", "json", "-f", "json", "--include-non-failures", "--cache-dir", folder.File("cache"), folder.File("cases")])
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);
        var results = JsonNode.Parse(result.StandardOutput)?["Results"]?.AsArray() ?? throw Failed(result);
        // Each case has been looked at: a module that does not compile refuses nothing.
        if (!cases.Keys.Order(StringComparer.Ordinal).SequenceEqual(results.Where(item => item!["Misconfigurations"] is not null).Select(item => Path.GetFileNameWithoutExtension((string)item!["Target"]!)).Order(StringComparer.Ordinal)))
            throw Failed(result);
        return results.SelectMany(item => item!["Misconfigurations"]!.AsArray().Where(finding => (string)finding!["Status"]! == "FAIL").Select(finding => (Case: Path.GetFileNameWithoutExtension((string)item["Target"]!), Message: (string)finding!["Message"]!)))
            .ToLookup(item => item.Case, item => item.Message);
    }

    private static async Task<BufferedCommandResult> RunAsync(IEnumerable<string> arguments, string input, CancellationToken cancellationToken) => await Cli.Wrap("node")
        .WithArguments([Path.Combine(Toolchain.RepositoryRoot, "tests/toolchain/policies.mjs"), .. arguments])
        .WithStandardInputPipe(PipeSource.FromString(input))
        .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);

    private static InvalidOperationException Failed(BufferedCommandResult result) => new($"It could not be run: {result.StandardOutput}{result.StandardError}");
}
