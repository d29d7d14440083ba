namespace SupplyChain.Core.Provenance;

/// <summary>The sources that a project was built from.</summary>
/// <param name="Commit">As git names it, lower-case hexadecimal.</param>
/// <param name="Dirty">Files were changed or added since that commit: it alone does not give this image.</param>
/// <param name="Root">Absolute path of the work tree; never part of a document.</param>
internal sealed record SourceRevision(string Commit, bool Dirty, string Root)
{
    /// <summary>Where the sources can be had, without user name and password; null: nobody said, or a folder of this machine.</summary>
    public string? Repository { get; init; }

    /// <summary>For example <c>refs/heads/main</c>; null when no branch is checked out.</summary>
    public string? Reference { get; init; }

    /// <summary>
    /// An address that may be published: https, ssh or git, no user name, no password, no query. Null for a path of this machine.
    /// </summary>
    public static string? PublicAddress(string? remote)
    {
        if (string.IsNullOrWhiteSpace(remote))
            return null;
        remote = remote.Trim();
        // scp's form: git@host:team/app.git
        if (!remote.Contains("://", StringComparison.Ordinal))
        {
            var colon = remote.IndexOf(':');
            var host = colon > 1 ? remote[..colon].Split('@')[^1] : "";
            if (host.Length < 2 || host.Contains('/') || host.Contains('\\'))
                return null;
            remote = $"ssh://{host}/{remote[(colon + 1)..].TrimStart('/')}";
        }

        if (!Uri.TryCreate(remote, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http" or "ssh" or "git") || address.Host.Length == 0)
            return null;
        return new UriBuilder(address) { UserName = "", Password = "", Query = "", Fragment = "" }.Uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
    }
}
