using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Stores;

/// <summary>Where a registry's API is, and how it may be spoken to.</summary>
/// <param name="Name">As the user wrote it: <c>registry.example.com</c>, <c>localhost:5000</c>.</param>
/// <param name="Base">Scheme, host and port; path <c>/</c>.</param>
internal sealed record RegistryEndpoint(string Name, Uri Base)
{
    internal const string InsecureRegistriesVariable = "DOTNET_CONTAINER_INSECURE_REGISTRIES";
    private static readonly char[] ListSeparators = [',', ';', ' '];

    public bool IsLoopback => Base.IsLoopback;

    /// <summary>docker.io is a name for people; its API and its credentials live under other names.</summary>
    public static bool IsDockerHub(string registry) => registry is "docker.io" or "index.docker.io" or "registry-1.docker.io";

    /// <summary>
    /// https, but for <c>localhost</c> and the registries in DOTNET_CONTAINER_INSECURE_REGISTRIES: the rule of the .NET SDK, so that one setting
    /// serves both. The SDK's documentation separates the list by commas, its source by semicolons: both are read.
    /// </summary>
    public static RegistryEndpoint For(string registry, Func<string, string?> environment)
    {
        var authority = IsDockerHub(registry) ? "registry-1.docker.io" : registry;
        if (registry.Length == 0
            || registry.AsSpan().IndexOfAny("/\\@?#%<>\"'") >= 0
            || registry.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            || !Uri.TryCreate($"{(IsPlainHttp(registry, environment) ? "http" : "https")}://{authority}/", UriKind.Absolute, out var uri))
        {
            throw new DiagnosticException(
                DiagnosticCodes.RegistryNameUnusable,
                $"ContainerRegistry '{SingleLine.Of(registry, 300)}' is not the name of a registry. Give host or host:port without a scheme or path, for example registry.example.com or localhost:5000.");
        }
        return new RegistryEndpoint(registry, uri);
    }

    /// <summary>Whether this address is the registry itself: only then it gets to see credentials or tokens.</summary>
    public bool IsOwn(Uri uri) =>
        uri.Scheme == Base.Scheme && uri.Port == Base.Port && string.Equals(uri.IdnHost, Base.IdnHost, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether the registry may send us on to this address (blob storage, an upload server). Never down to plain http, unless both are this
    /// machine: whoever can answer there could read what is private and write what is not ours.
    /// </summary>
    public bool MayLeadTo(Uri uri) =>
        IsOwn(uri) || uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && IsLoopback && uri.IsLoopback);

    private static bool IsPlainHttp(string registry, Func<string, string?> environment)
    {
        if (string.Equals(registry, "localhost", StringComparison.OrdinalIgnoreCase) || registry.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase))
            return true;
        var insecure = environment(InsecureRegistriesVariable);
        return !string.IsNullOrEmpty(insecure)
            && insecure.Split(ListSeparators, StringSplitOptions.RemoveEmptyEntries).Contains(registry, StringComparer.OrdinalIgnoreCase);
    }
}
