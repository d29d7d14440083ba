using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Stores;

/// <summary>Runs <paramref name="program"/> with <paramref name="arguments"/>, feeds it <paramref name="input"/>, and returns exit code and standard output.</summary>
internal delegate Task<(int ExitCode, string Output)> RunCredentialHelper(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellationToken);

/// <summary>
/// Docker's credential helper protocol (github.com/docker/docker-credential-helpers): <c>docker-credential-NAME get</c> with the registry on
/// standard input; the answer is JSON. No shell is involved.
/// </summary>
internal sealed class CredentialHelper(Func<string, string?> environment, RunCredentialHelper run)
{
    /// <summary>A helper may open a browser or ask a vault; one that takes longer than this hangs.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(1);

    /// <summary>In bytes.</summary>
    private const int LargestAnswer = 1024 * 1024;

    /// <summary>The helper's user name for "the secret is an identity token".</summary>
    private const string TokenUser = "<token>";

    public static async Task<(int ExitCode, string Output)> RealProcess(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellationToken)
    {
        // A helper may start an agent that outlives it, so it gets no temporary folder that is gone in a moment.
        var result = await new ToolRunner().RunAsync(
            new ToolInvocation(new Tool(Path.GetFileNameWithoutExtension(program), program, "PATH"), arguments)
            {
                StandardInput = Task.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes(input)),
                OwnTemporaryFolder = false,
                OutputLimit = LargestAnswer,
                TimeLimit = 2 * TimeLimit,
            },
            cancellationToken);
        return (result.ExitCode, result.StandardOutput);
    }

    /// <summary>Whether the helper's program is installed.</summary>
    public bool Exists(string name) => FindProgram(name) is not null;

    /// <summary>Null when the helper knows nothing of this registry.</summary>
    /// <exception cref="DiagnosticException">SCB4006: the helper is missing, failed, or answered nonsense.</exception>
    public async Task<RegistryCredential?> GetAsync(string name, string server, CancellationToken cancellationToken)
    {
        var program = FindProgram(name) ?? throw Failed(name, server, $"there is no program docker-credential-{SingleLine.Of(name, 300)} on PATH");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeLimit);
        int exitCode;
        string output;
        try
        {
            (exitCode, output) = await run(program, ["get"], server, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(name, server, $"it gave no answer within {TimeLimit.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is DiagnosticException or IOException)
        {
            throw Failed(name, server, $"it could not be started ({SingleLine.Of(e.Message, 300)})");
        }
        if (exitCode != 0)
        {
            // The protocol has no code for "not found": the text on standard output is part of it.
            if (output.Contains("credentials not found", StringComparison.OrdinalIgnoreCase))
                return null;
            // Its words are not shown: nobody promises that they hold no secret.
            throw Failed(name, server, $"it ended with exit code {exitCode}");
        }
        return Read(name, server, output);
    }

    private static RegistryCredential? Read(string name, string server, string output)
    {
        string? user, secret;
        try
        {
            using var document = JsonDocument.Parse(output);
            user = document.RootElement.GetProperty("Username").GetString();
            secret = document.RootElement.GetProperty("Secret").GetString();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Failed(name, server, "its answer is not the JSON of the credential helper protocol");
        }
        var source = $"the credential helper '{name}'";
        return string.IsNullOrEmpty(secret) ? null
            : user == TokenUser ? new RegistryCredential(source) { IdentityToken = secret }
            : new RegistryCredential(source) { UserName = user ?? "", Password = secret };
    }

    /// <summary>
    /// PATH alone, and only its absolute entries: starting a program by its bare name would also look into the current folder, which is the
    /// project that is being built.
    /// </summary>
    private string? FindProgram(string name)
    {
        if (name.Length == 0 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
            return null;
        var file = "docker-credential-" + name;
        string[] candidates = RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? [file + ".exe", file + ".cmd"] : [file];
        return (environment("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(Path.IsPathFullyQualified)
            .SelectMany(folder => candidates.Select(candidate => Path.Combine(folder, candidate)))
            .FirstOrDefault(File.Exists);
    }

    private static DiagnosticException Failed(string name, string server, string why) => new(
        DiagnosticCodes.CredentialHelperFailed,
        $"the credential helper '{SingleLine.Of(name, 300)}' gave no credentials for {SingleLine.Of(server, 300)}: {why}. Run docker-credential-{SingleLine.Of(name, 300)} get by hand to see why, remove the helper from Docker's config.json, or set DOTNET_CONTAINER_PUSH_REGISTRY_UNAME and DOTNET_CONTAINER_PUSH_REGISTRY_PWORD.");
}
