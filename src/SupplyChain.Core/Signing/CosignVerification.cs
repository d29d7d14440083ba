using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>Runs <c>cosign verify…</c>: on a registry with its credentials, and on bundles in the words of this cosign's version. What it says, others judge.</summary>
internal sealed class CosignVerification(IToolRunner runner, Tool cosign, IMachine machine)
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(3);

    private readonly LimitedRunner _runner = new(runner);

    /// <summary>Asked only when something was refused, and once.</summary>
    private Task<bool>? _namesBundleFormat;

    /// <summary>With the credentials for the registry: in cosign's environment, and only where it does not know that in a private file.</summary>
    public async Task<ToolResult> AskRegistryAsync(VerificationRequest request, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var environment = Environment(request);
        if (request.Reference.Registry is not { } registry || !request.Access.HasCredential)
            return await RunOnBundlesAsync(request, arguments, environment, cancellationToken);
        var parent = Directory.CreateDirectory(request.WorkDirectory).FullName;
        if (request.Access.Variable(registry) is { } variable)
        {
            using var empty = new WorkFolder(parent);
            await request.Access.WriteConfigurationAsync(registry, empty.Path, secret: false, cancellationToken);
            (environment["DOCKER_CONFIG"], environment["DOCKER_AUTH_CONFIG"]) = (empty.Path, variable);
            var result = await RunOnBundlesAsync(request, arguments, environment, cancellationToken);
            if (result.ExitCode == 0 || !IsAboutCredentials(result))
                return result;
        }
        using var work = new WorkFolder(parent);
        await request.Access.WriteConfigurationAsync(registry, work.Path, secret: true, cancellationToken);
        environment.Remove("DOCKER_AUTH_CONFIG");
        environment["DOCKER_CONFIG"] = work.Path;
        return await RunOnBundlesAsync(request, arguments, environment, cancellationToken);
    }

    /// <summary>Bytes that lie here.</summary>
    public Task<ToolResult> AskAboutFileAsync(VerificationRequest request, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        RunOnBundlesAsync(request, arguments, Environment(request), cancellationToken);

    public static bool IsAboutCredentials(ToolResult result) =>
        new[] { "UNAUTHORIZED", "DENIED", "status code 401", "status code 403", "403 Forbidden" }.Any(text => result.StandardError.Contains(text, StringComparison.OrdinalIgnoreCase));

    /// <summary>Cosign 2.6 looks at bundles only when told so; later versions do by themselves and hide the flag. (What names the flag otherwise is asked once more.)</summary>
    private async Task<ToolResult> RunOnBundlesAsync(
        VerificationRequest request, IReadOnlyList<string> arguments, Dictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        var result = await RunAsync(arguments, environment, cancellationToken);
        if (result.ExitCode == 0 || request.Legacy || IsAboutCredentials(result) || CosignDialect.IsUnknown(result.StandardError, "--digest"))
            return result;
        return await (_namesBundleFormat ??= NamesBundleFormatAsync(cancellationToken))
            ? await RunAsync([arguments[0], "--new-bundle-format", .. arguments.Skip(1)], environment, cancellationToken)
            : result;
    }

    private Dictionary<string, string?> Environment(VerificationRequest request) =>
        CosignEnvironment.Trust(CosignEnvironment.ForVerifying(request.Signer.KeyFromService), machine, request.Access.CertificateAuthorityFile);

    private async Task<bool> NamesBundleFormatAsync(CancellationToken cancellationToken)
    {
        var help = await RunAsync(["verify-attestation", "--help"], CosignEnvironment.ForVerifying(keyFromService: false), cancellationToken);
        return help.StandardOutput.Contains("--new-bundle-format", StringComparison.Ordinal) || help.StandardError.Contains("--new-bundle-format", StringComparison.Ordinal);
    }

    private Task<ToolResult> RunAsync(IReadOnlyList<string> arguments, Dictionary<string, string?> environment, CancellationToken cancellationToken) =>
        _runner.RunAsync(new ToolInvocation(cosign, arguments) { Environment = environment, TimeLimit = TimeLimit, OutputLimit = VerifiedEnvelopes.SizeLimit }, cancellationToken);
}
