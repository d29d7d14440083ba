namespace SupplyChain.Core.Signing;

/// <summary>The argument lists of <c>cosign attest-blob</c> and <c>sign-blob</c>.</summary>
/// <param name="workDirectory">For the small files that say "no services".</param>
internal sealed class CosignArguments(SigningSettings settings, SigningIdentity identity, string workDirectory)
{
    private string NoServices => Path.Combine(workDirectory, "no-services.signing-config.json");

    private string NoRoots => Path.Combine(workDirectory, "no-roots.trusted-root.json");

    /// <param name="isMessage">The file is signed as it stands, and not as a statement.</param>
    public List<string> Attest(string statement, string bundle, CosignDialect dialect, bool isMessage = false)
    {
        // --statement stands first: it is what a cosign that is too old complains about.
        List<string> arguments = isMessage ? ["sign-blob", statement, "--bundle", bundle, "--yes"] : ["attest-blob", "--statement", statement, "--bundle", bundle, "--yes"];
        if (dialect.NewBundleFormat)
            arguments.Add("--new-bundle-format");
        if (identity.Key is { } key)
            arguments.AddRange(["--key", key.Value]);
        else
            // Without an identity token cosign must fail, not wait for a person who logs in with a browser.
            arguments.AddRange(["--fulcio-auth-flow", "token"]);
        AddServices(arguments, dialect);
        return arguments;
    }

    /// <summary>The files that the dialect refers to.</summary>
    public async Task WriteFilesAsync(CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(NoServices, """{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json"}""", cancellationToken);
        await File.WriteAllTextAsync(NoRoots, """{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}""", cancellationToken);
    }

    private void AddServices(List<string> arguments, CosignDialect dialect)
    {
        var log = settings.UsesTransparencyLog(identity.IsKeyless);
        if (settings.FullPath(settings.SigningConfig) is { } config)
        {
            Add(arguments, "--signing-config", config);
            Add(arguments, "--trusted-root", settings.FullPath(settings.TrustedRoot));
        }
        else if (!log && !identity.IsKeyless && dialect.ServicesByFile)
        {
            arguments.AddRange(["--signing-config", NoServices, "--trusted-root", settings.FullPath(settings.TrustedRoot) ?? NoRoots]);
        }
        else if (!log || HasOwnServices)
        {
            // cosign refuses service addresses, and "no log", together with a signing config; and its own it fetches from the network.
            arguments.AddRange(["--use-signing-config=false", log ? "--tlog-upload=true" : "--tlog-upload=false"]);
            Add(arguments, "--fulcio-url", identity.IsKeyless ? settings.FulcioUrl : null);
            Add(arguments, "--oidc-issuer", identity.IsKeyless ? settings.OidcIssuer : null);
            Add(arguments, "--rekor-url", log ? settings.RekorUrl : null);
            Add(arguments, "--timestamp-server-url", settings.TimestampServerUrl);
            Add(arguments, "--trusted-root", settings.FullPath(settings.TrustedRoot));
        }
        else
        {
            Add(arguments, "--trusted-root", settings.FullPath(settings.TrustedRoot));
        }
    }

    private bool HasOwnServices => new[] { settings.FulcioUrl, settings.RekorUrl, settings.OidcIssuer, settings.TimestampServerUrl }.Any(url => !string.IsNullOrWhiteSpace(url));

    private static void Add(List<string> arguments, string flag, string? value)
    {
        if (!string.IsNullOrWhiteSpace(value))
            arguments.AddRange([flag, value]);
    }
}
