using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Bases;

/// <summary>Which base image is built on, before the SDK looks for it.</summary>
/// <param name="Name">What it is called, wherever it is fetched from; with a digest where it is pinned.</param>
/// <param name="Source">Where the SDK fetches it: a mirror's name, or the same.</param>
internal sealed record ResolvedBaseImage(ImageReference Name, ImageReference Source);

/// <summary>The rules of a project or an organisation about its base images.</summary>
/// <param name="Allowed">SupplyChainAllowedBaseImage: patterns, <c>*</c> stands for any text; none: any image.</param>
/// <param name="RequireDigest">SupplyChainRequireBaseImageDigest.</param>
/// <param name="LockFile">Absolute path of base-image.lock.json; it need not be there.</param>
internal sealed record BaseImageRules(IReadOnlyList<string> Allowed, bool RequireDigest, RegistryMirrors Mirrors, string LockFile)
{
    /// <param name="baseImage">ContainerBaseImage, as the project or the SDK has it.</param>
    /// <exception cref="DiagnosticException">SCB1020 not an allowed image; SCB1021 not pinned; SCB1022 the lock file cannot be used.</exception>
    public ResolvedBaseImage Resolve(string baseImage)
    {
        var name = BaseImageName.Parse(baseImage);
        CheckAllowed(name);
        var locked = BaseImageLock.Read(LockFile);
        if (name.Digest is null && locked is not null)
        {
            name = name with
            {
                Tag = name.Tag ?? "latest",
                Digest = locked.Find(name) ?? throw new DiagnosticException(
                    DiagnosticCodes.BaseImageLockUnusable,
                    $"{LockFile} has no entry for {BaseImageName.Key(name)}, the base image of this project. Run dotnet build -t:SupplyChainUpdateBaseImage and commit the file; or delete it to build on whatever the tag points to."),
            };
        }
        if (RequireDigest && name.Digest is null)
        {
            throw new DiagnosticException(
                DiagnosticCodes.BaseImageNotPinned,
                $"the base image {name} is named by a tag alone, and SupplyChainRequireBaseImageDigest=true asks for a digest: a tag is another image tomorrow. Run dotnet build -t:SupplyChainUpdateBaseImage and commit {Path.GetFileName(LockFile)}, or write ContainerBaseImage={name.Name}@sha256:….");
        }
        return new ResolvedBaseImage(name, Mirrors.Apply(name));
    }

    /// <exception cref="DiagnosticException">SCB1020.</exception>
    public void CheckAllowed(ImageReference name)
    {
        if (Allowed.Count == 0 || Allowed.Any(pattern => Matches(pattern, name)))
            return;
        throw new DiagnosticException(
            DiagnosticCodes.BaseImageNotAllowed,
            $"the base image {name} is not allowed here. Allowed are: {SingleLine.Of(string.Join(", ", Allowed), 600)}. Choose one of them with ContainerBaseImage or ContainerFamily, or have it added to SupplyChainAllowedBaseImage.");
    }

    /// <summary>The whole name, with or without what follows the repository: <c>mcr.microsoft.com/dotnet/*</c>, <c>…/aspnet:10.0*</c>.</summary>
    private static bool Matches(string pattern, ImageReference name) =>
        new[] { name.Name, BaseImageName.Key(name), name.ToString() }.Any(text => TagPolicy.Matches(pattern, text));
}
