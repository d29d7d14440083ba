using SupplyChain.Core.Images;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>What the base image's tag points to now.</summary>
/// <param name="Tag">Registry, repository and tag.</param>
/// <param name="IsSame">It is the image that was built on.</param>
/// <param name="Findings">Keys of what is still in the newer one.</param>
public sealed record BaseImageNews(string Tag, Digest Digest, bool IsSame, IReadOnlySet<string> Findings)
{
    internal static string Key(Finding finding) => $"{finding.Id} {finding.Package}";

    /// <summary>A sentence.</summary>
    internal string About(Finding finding) =>
        IsSame ? $"{Tag} has no newer image yet (asked just now): choose another base image (ContainerBaseImage, ContainerFamily), or wait for it."
        : Findings.Contains(Key(finding)) ? $"{Tag} has a newer image, {Digest.Short}, which still has it: choose another base image (ContainerBaseImage, ContainerFamily)."
        : $"{Tag} has a newer image without it: build on {Digest} (where ContainerBaseImage names a digest, change that).";
}
