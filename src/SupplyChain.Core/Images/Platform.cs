namespace SupplyChain.Core.Images;

/// <summary>
/// The platform an image runs on (OCI image specification 1.1, image-index.md, "platform"): <c>linux/amd64</c>, <c>linux/arm64/v8</c>.
/// </summary>
public sealed record Platform(string Os, string Architecture, string? Variant = null)
{
    /// <summary>For file names: <c>linux-arm64-v8</c>.</summary>
    public string FileName => ToString().Replace('/', '-');

    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";
}
