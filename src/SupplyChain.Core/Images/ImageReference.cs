namespace SupplyChain.Core.Images;

/// <summary>
/// Names an image: <c>registry/repository[:tag][@digest]</c>. <see cref="Registry"/> is null for an image in an OCI layout folder.
/// Grammar: OCI distribution specification 1.1, "Pulling manifests".
/// </summary>
public sealed record ImageReference(string? Registry, string Repository, string? Tag = null, Digest? Digest = null)
{
    /// <summary><c>registry/repository</c>, without tag and digest.</summary>
    public string Name => Registry is null ? Repository : $"{Registry}/{Repository}";

    /// <summary>The same name, pinned to a digest and without a tag.</summary>
    public ImageReference At(Digest digest) => this with { Tag = null, Digest = digest };

    public override string ToString() => Name + (Tag is null ? "" : $":{Tag}") + (Digest is { } digest ? $"@{digest}" : "");
}
