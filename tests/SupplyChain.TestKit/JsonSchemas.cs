using CliWrap;
using CliWrap.Buffered;

namespace SupplyChain.TestKit;

/// <summary>Validates JSON documents against the schemas under tests/SupplyChain.Core.Tests/Schemas, by ajv (tests/toolchain/validate.mjs), without the network.</summary>
internal static class JsonSchemas
{
    /// <param name="schema">Relative to the schemas' folder: <c>cyclonedx/bom-1.6.schema.json</c>.</param>
    /// <returns>One line an error, empty when every document is valid.</returns>
    /// <exception cref="InvalidOperationException">It could not be checked.</exception>
    public static async Task<string> ErrorsAsync(string schema, IEnumerable<string> documents, CancellationToken cancellationToken)
    {
        var root = Toolchain.RepositoryRoot;
        var result = await Cli.Wrap("node")
            .WithArguments([Path.Combine(root, "tests/toolchain/validate.mjs"), Path.Combine(root, "tests/SupplyChain.Core.Tests/Schemas", schema), .. documents])
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);
        return result.ExitCode switch
        {
            0 => "",
            1 => result.StandardOutput + result.StandardError,
            _ => throw new InvalidOperationException($"{schema} could not be checked: {result.StandardOutput}{result.StandardError}"),
        };
    }
}
