using System.Text.Json.Nodes;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.ClusterPolicies;

/// <summary>
/// Ratify's constraint in Gatekeeper, run by the OPA that is a part of Trivy. Ratify cannot be had here; its answers are made as it documents them (Gatekeeper's external
/// data, ProviderResponse; Ratify 1.4 httpserver, VerificationResponse).
/// </summary>
internal static class RatifyCases
{
    /// <param name="documents">Of ratify.yaml.</param>
    /// <param name="signed">Images, and whether the verifier finds a signature of the expected signer.</param>
    public static Task<ILookup<string, string>> RefusalsAsync(IReadOnlyList<JsonObject> documents, IReadOnlyDictionary<string, bool> signed, CancellationToken cancellationToken) =>
        AnsweredAsync(documents, signed.ToDictionary(item => item.Key, item => (Pod(item.Key), (JsonNode?)Answer([Response(item.Key, item.Value)]))), cancellationToken);

    /// <param name="cases">Name, Pod, and what Ratify answers; null: nothing at all.</param>
    public static async Task<ILookup<string, string>> AnsweredAsync(IReadOnlyList<JsonObject> documents, IReadOnlyDictionary<string, (JsonObject Pod, JsonNode? Answer)> cases, CancellationToken cancellationToken)
    {
        var constraint = documents.Single(document => (string)document["kind"]! == "RatifySignedImages");
        var rego = (string)documents.Single(document => (string)document["kind"]! == "ConstraintTemplate")["spec"]!["targets"]![0]!["rego"]!;
        // Gatekeeper's own function; as there, it has no value where the provider is not known.
        var module = rego + "\nexternal_data(question) := input.answer if {\n  question.provider == \"ratify-provider\"\n  count(question.keys) > 0\n}\n";
        var names = cases.Keys.Index().ToDictionary(item => item.Item, item => $"case{item.Index}");
        var refusals = await PolicyEngines.RegoAsync(
            [module],
            "some violation in data.ratifysignedimages.violation with input as input.request\n  msg := violation.msg",
            cases.ToDictionary(item => names[item.Key], item => (JsonNode)Review(constraint, item.Value.Pod, item.Value.Answer)),
            cancellationToken);
        return names.SelectMany(name => refusals[name.Value].Select(message => (Case: name.Key, Message: message))).ToLookup(item => item.Case, item => item.Message);
    }

    public static JsonObject Pod(string image) => PolicyDocumentSpecs.Pod(image);

    public static JsonObject Answer(IEnumerable<JsonNode> responses, IEnumerable<JsonNode>? errors = null, string systemError = "") => new()
    {
        ["responses"] = new JsonArray([.. responses]),
        ["errors"] = new JsonArray([.. errors ?? []]),
        ["status_code"] = systemError.Length == 0 ? 200 : 500,
        ["system_error"] = systemError,
    };

    public static JsonNode Response(string image, bool isSuccess) => new JsonArray(image, new JsonObject { ["version"] = "1.1.0", ["isSuccess"] = isSuccess, ["verifierReports"] = new JsonArray() });

    private static JsonObject Review(JsonObject constraint, JsonObject pod, JsonNode? answer)
    {
        var review = new JsonObject { ["review"] = new JsonObject { ["object"] = pod }, ["parameters"] = constraint["spec"]!["parameters"]!.DeepClone() };
        if (answer is not null)
            review["answer"] = answer;
        return review;
    }
}
