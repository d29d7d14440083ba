using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Tools;

/// <summary>Where tools are installed, and where they come from. Part of the plan: it holds no secret.</summary>
/// <param name="Folder">The tools folder, absolute.</param>
/// <param name="Source">SupplyChainToolsSource: an https address with a slash at its end, oci://REGISTRY/REPOSITORY, or an absolute folder; null: the official releases.</param>
internal sealed record ToolProvision(string Folder, string? Source = null)
{
    /// <summary>SupplyChainOffline: only what needs no network.</summary>
    public bool Offline { get; init; }

    /// <summary>SupplyChainAirGapBundle, absolute: looked into before the source; null: none.</summary>
    public string? AirGapBundle { get; init; }

    /// <summary>SupplyChainCertificateAuthorityFile, absolute: believed besides the machine's; null: none.</summary>
    public string? CertificateAuthorityFile { get; init; }

    /// <summary>For people, why nothing can be installed; null: it can.</summary>
    public string? CannotInstall() => Offline && AirGapBundle is null && NeedsNetwork ? "SupplyChainOffline=true forbids the download" : null;

    /// <exception cref="DiagnosticException">SCB7011: it is no address and no folder.</exception>
    public static string? ReadSource(string? text, string baseDirectory)
    {
        if (text is null)
            return null;
        if (!text.Contains("://", StringComparison.Ordinal))
            return ReadFolder(text, Path.GetFullPath(Path.DirectorySeparatorChar == '/' ? text.Replace('\\', '/') : text, baseDirectory));
        if (text.StartsWith(RegistryToolSource.Scheme, StringComparison.Ordinal))
            return ImageReference.TryParse(text[RegistryToolSource.Scheme.Length..], out var repository) && repository.Registry is not null ? RegistryToolSource.Scheme + repository.Name : throw Invalid(text, "names no repository of a registry");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw Invalid(text, "is no address");
        if (uri.UserInfo.Length > 0)
            // Not repeated: it holds a password.
            throw new DiagnosticException(DiagnosticCodes.ToolsSourceUnusable, "SupplyChainToolsSource has a user name or a password in it. Properties are written to logs: take it out. The hashes are pinned, so a mirror may let everybody of your network read.");
        if (uri.IsFile)
            return ReadFolder(text, uri.LocalPath);
        if (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            return uri.AbsoluteUri.TrimEnd('/') + "/";
        throw Invalid(text, uri.Scheme == Uri.UriSchemeHttp ? "is not reached by https" : "is of no kind that is known here");
    }

    /// <exception cref="DiagnosticException">SCB7012: the bundle is none.</exception>
    public IToolSource Open() => AirGapBundle is null ? OpenSource()
        // Offline, what the bundle does not have is nowhere.
        : Offline && NeedsNetwork ? Tools.AirGapBundle.Open(AirGapBundle)
        : new ToolSourceChain([Tools.AirGapBundle.Open(AirGapBundle), OpenSource()]);

    private bool NeedsNetwork => Source is null || IsAddress(Source);

    private IToolSource OpenSource() => Source switch
    {
        null => new HttpToolSource(RegistryHttp.CreateClient(CertificateAuthorityFile), HttpToolSource.Official, new DownloadLimits().Answer),
        var source when source.StartsWith(RegistryToolSource.Scheme, StringComparison.Ordinal) && ImageReference.TryParse(source[RegistryToolSource.Scheme.Length..], out var repository) =>
            new RegistryToolSource(repository, RegistryHttp.CreateClient(CertificateAuthorityFile), Environment.GetEnvironmentVariable, TimeProvider.System),
        var source when IsAddress(source) => new HttpToolSource(RegistryHttp.CreateClient(CertificateAuthorityFile), new Uri(source), new DownloadLimits().Answer),
        var folder => new FolderToolSource(folder),
    };

    private static bool IsAddress(string source) => source.Contains("://", StringComparison.Ordinal);

    private static string ReadFolder(string text, string folder) => Directory.Exists(folder) ? folder : throw Invalid(text, "is no folder that exists");

    private static DiagnosticException Invalid(string text, string why) => new(
        DiagnosticCodes.ToolsSourceUnusable,
        $"SupplyChainToolsSource is '{SingleLine.Of(text, 300)}', which {why}. Valid values: the https address of a mirror (https://mirror.example.com/github) or a folder, where the files lie as on github.com (sigstore/cosign/releases/download/…), or a repository that they were pushed to (oci://registry.example.com/tools).");
}
