using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>
/// Which images: one repository, or all below a path (<c>registry.example.com/team/*</c>). Engines read <c>*</c> in different ways, some across <c>/</c>
/// and into the middle of a name, so it stands for whole path parts at the end and for nothing else.
/// </summary>
/// <param name="Name">Registry and repository, or the path without its <c>/*</c>.</param>
/// <param name="IsPrefix">Everything below <paramref name="Name"/>.</param>
internal sealed record ImagePattern(string Name, bool IsPrefix)
{
    private static readonly string[] SharedRegistries =
    [
        "docker.io", "index.docker.io", "registry-1.docker.io", "ghcr.io", "quay.io", "gcr.io", "mcr.microsoft.com", "public.ecr.aws", "registry.gitlab.com",
        "registry.k8s.io", "registry.redhat.io", "registry.access.redhat.com", "nvcr.io", "lscr.io", "icr.io",
    ];

    public string Registry => Name.Split('/', 2)[0];

    /// <param name="property">Where it comes from, for the message.</param>
    /// <exception cref="DiagnosticException">SCB6004.</exception>
    public static ImagePattern Parse(string text, string property)
    {
        var isPrefix = text.EndsWith("/*", StringComparison.Ordinal);
        var name = isPrefix ? text[..^2] : text;
        if (name.Contains('*'))
            throw Refused(property, text, "'*' may only stand for everything below a path, at the end and after a '/'; elsewhere it would take in names that others choose.");
        var parts = name.Split('/', 2);
        if (!IsHost(parts[0]) || (parts.Length == 1 ? !isPrefix : !ImageReference.IsRepository(parts[1])))
            throw Refused(property, text, "It must begin with a registry and name a repository, without a tag.");
        if (parts.Length == 1 && IsShared(parts[0]))
            throw Refused(property, text, $"{parts[0]} holds images of everybody.");
        return new ImagePattern(name, isPrefix);
    }

    /// <summary>Where everything is ours: the registry, or the owner's part of a registry that many share.</summary>
    public static ImagePattern OursAround(ImageReference repository)
    {
        var registry = repository.Registry!;
        if (!IsShared(registry))
            return new ImagePattern(registry, IsPrefix: true);
        var owner = repository.Repository.Split('/', 2);
        return owner.Length == 1 ? new ImagePattern(repository.Name, IsPrefix: false) : new ImagePattern($"{registry}/{owner[0]}", IsPrefix: true);
    }

    public bool Matches(ImageReference repository) => IsPrefix ? repository.Name.StartsWith(Name + "/", StringComparison.Ordinal) : repository.Name == Name;

    /// <summary>For engines where <c>*</c> stands for any text: Kyverno.</summary>
    public IEnumerable<string> Wildcards => IsPrefix ? [$"{Name}/*"] : [Name, $"{Name}:*", $"{Name}@*"];

    /// <summary>What an image's name begins with.</summary>
    public IEnumerable<string> Beginnings => IsPrefix ? [$"{Name}/"] : [$"{Name}:", $"{Name}@"];

    public override string ToString() => IsPrefix ? $"{Name}/*" : Name;

    private static bool IsHost(string text) => ImageReference.IsRegistry(text) && (text == "localhost" || text.Contains('.') || text.Contains(':'));

    private static bool IsShared(string registry) => SharedRegistries.Contains(registry) || registry.EndsWith(".gcr.io", StringComparison.Ordinal) || registry.EndsWith(".pkg.dev", StringComparison.Ordinal);

    private static DiagnosticException Refused(string property, string text, string why) => new(
        DiagnosticCodes.PolicyPatternUnusable,
        $"{property} has '{SingleLine.Of(text, 300)}'. {why} Give a repository (registry.example.com/team/hello-api) or everything below a path (registry.example.com/team/*).");
}
