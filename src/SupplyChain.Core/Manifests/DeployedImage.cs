using System.Diagnostics.CodeAnalysis;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Manifests;

/// <summary>The image whose name is looked for.</summary>
/// <param name="Name">Registry and repository.</param>
/// <param name="Digest">What it is pinned to; null: only looked for.</param>
/// <param name="Tag">Of the last publish, for places that want one beside the digest.</param>
internal sealed record DeployedImage(ImageReference Name, Digest? Digest, string? Tag)
{
    public string Pinned => Name.At(Digest!.Value).ToString();

    public bool IsNamedBy(string text, [NotNullWhen(true)] out ImageReference? reference) => ImageReference.TryParse(text, out reference) && reference.Name == Name.Name;
}
