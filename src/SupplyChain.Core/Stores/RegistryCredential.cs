using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// What to show a registry: user name and password, or an identity token (an OAuth2 refresh token), or a ready bearer token.
/// Not a record: the text of a record shows all its values.
/// </summary>
internal sealed class RegistryCredential(string source)
{
    /// <summary>For people, without a secret: <c>the credential helper 'ecr-login'</c>, <c>/home/ada/.docker/config.json</c>.</summary>
    public string Source { get; } = source;

    public string? UserName { get; init; }

    public string? Password { get; init; }

    public string? IdentityToken { get; init; }

    public string? RegistryToken { get; init; }

    public override string ToString() => Source;
}

/// <summary>What was found for a repository. <see cref="Explanation"/> says where it came from, or why there is nothing, for an error message.</summary>
internal sealed record CredentialLookup(RegistryCredential? Credential, string Explanation);

/// <summary>Where credentials come from.</summary>
internal interface ICredentialSource
{
    /// <param name="repository">Some stores hold credentials for a part of a registry.</param>
    Task<CredentialLookup> FindAsync(ImageReference repository, CancellationToken cancellationToken);
}
