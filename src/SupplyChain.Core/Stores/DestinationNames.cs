using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Checks the names of a destination: they become parts of addresses, files and CI outputs. The plan does it before anything is built, the stores do it
/// again because they must not rely on their callers.
/// </summary>
internal static class DestinationNames
{
    /// <exception cref="DiagnosticException">SCB4008.</exception>
    public static void CheckRepository(string repository)
    {
        if (!ImageReference.IsRepository(repository))
        {
            throw new DiagnosticException(
                DiagnosticCodes.RegistryNameUnusable,
                $"ContainerRepository '{SingleLine.Of(repository, 300)}' is not the name of a repository. Use lower-case letters and digits, with single '.', '_' or '-' between them and '/' between parts, for example team/hello-api.");
        }
    }

    /// <summary>Cosign, and every other tool that is made of the same library, refuses a name of one letter, but only once the image is pushed and signed.</summary>
    /// <exception cref="DiagnosticException">SCB4008.</exception>
    public static void CheckSignable(string repository)
    {
        if (repository.Length < 2)
        {
            throw new DiagnosticException(
                DiagnosticCodes.RegistryNameUnusable,
                $"ContainerRepository '{repository}' is one character long, and cosign can verify nothing in such a repository. Use a name of at least two characters, for example team/{repository}, or set SupplyChainSign=false to push unsigned.");
        }
    }

    /// <exception cref="DiagnosticException">SCB4011.</exception>
    public static void CheckTag(string tag)
    {
        if (!ImageReference.IsTag(tag))
        {
            throw new DiagnosticException(
                DiagnosticCodes.TagUnusable,
                $"ContainerImageTag '{SingleLine.Of(tag, 300)}' cannot be a tag. Use at most 128 letters, digits, '_', '.' and '-', not beginning with '.' or '-', for example 1.4.0.");
        }
    }
}
