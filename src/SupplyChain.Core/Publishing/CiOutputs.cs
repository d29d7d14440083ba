using System.Text;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// Hands the result to the CI system that runs this build, where there is one: GitHub Actions (GITHUB_OUTPUT), Azure Pipelines (logging
/// commands), GitLab (a dotenv report file).
/// </summary>
internal sealed class CiOutputs(Func<string, string?> environment)
{
    /// <returns>Lines that must be printed exactly so, from the start of the line: Azure Pipelines reads the log.</returns>
    public IReadOnlyList<string> Write(ImageReference reference, Digest digest, string outputDirectory)
    {
        if (environment("GITHUB_OUTPUT") is { Length: > 0 } gitHubOutput)
        {
            // Both values come from our own types, which cannot hold a line break, so the plain form is safe here.
            File.AppendAllText(gitHubOutput, $"supply-chain-reference={reference}\nsupply-chain-digest={digest}\n", new UTF8Encoding(false));
        }

        if (environment("GITLAB_CI") is { Length: > 0 })
        {
            File.WriteAllText(
                Path.Combine(outputDirectory, "supply-chain.env"),
                $"SUPPLY_CHAIN_REFERENCE={reference}\nSUPPLY_CHAIN_DIGEST={digest}\n",
                new UTF8Encoding(false));
        }

        return environment("TF_BUILD") is { Length: > 0 }
            ?
            [
                $"##vso[task.setvariable variable=SupplyChainReference;isOutput=true]{reference}",
                $"##vso[task.setvariable variable=SupplyChainDigest;isOutput=true]{digest}",
            ]
            : [];
    }
}
