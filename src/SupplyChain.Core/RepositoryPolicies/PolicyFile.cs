using System.Text.Json;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.RepositoryPolicies;

/// <summary>A policy and where it stands.</summary>
/// <param name="Path">Absolute.</param>
internal sealed record PolicyFile(string Path, RepositoryPolicy Policy)
{
    public const string Name = "supplychain.policy.json";

    private const long MaximumLength = 256 * 1024;

    private string[]? _lines;

    /// <summary>The file that is named, else the nearest one from the project's folder upwards, as MSBuild finds Directory.Build.props. Null: there is none.</summary>
    /// <exception cref="DiagnosticException">SCB0121.</exception>
    public static PolicyFile? Find(string? given, string projectDirectory)
    {
        if (given is not null)
            return File.Exists(given) ? Read(given) : throw Unusable(given, 0, "there is no such file. Correct SupplyChainPolicyFile, or leave it out: the nearest one is found from the project's folder upwards");
        for (var folder = projectDirectory; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            if (System.IO.Path.Combine(folder, Name) is var file && File.Exists(file))
                return Read(file);
        }

        return null;
    }

    /// <summary>1-based line of a member; 0: unknown.</summary>
    public int LineOf(string member)
    {
        _lines ??= File.ReadAllLines(Path);
        return Array.FindIndex(_lines, line => line.TrimStart(' ', '\t', '{', ',').StartsWith($"\"{member}\"", StringComparison.Ordinal)) + 1;
    }

    /// <summary>For messages: <c>/repository/supplychain.policy.json(4)</c>.</summary>
    public string Place(string member) => LineOf(member) is > 0 and var line ? FormattableString.Invariant($"{Path}({line})") : Path;

    private static PolicyFile Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaximumLength)
                throw Unusable(path, 0, "it is larger than 256 KB");
            var policy = JsonSerializer.Deserialize(File.ReadAllBytes(path), RepositoryPolicyJson.Default.RepositoryPolicy) ?? throw Unusable(path, 0, "it is empty");
            Check(path, policy);
            return new PolicyFile(path, policy);
        }
        catch (JsonException exception)
        {
            // A rule with a misspelt name is no rule, and nobody would notice.
            throw Unusable(path, (int)(exception.LineNumber ?? -1) + 1, Words(exception), exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, 0, SingleLine.Of(exception.Message, 300).TrimEnd('.'), exception);
        }
    }

    private static string Words(JsonException exception) => exception.Message.Contains("could not be converted", StringComparison.Ordinal)
        ? $"{SingleLine.Of(exception.Path, 100)} has a value that is not valid"
        : SingleLine.Of(exception.Message.Split(" Path:")[0], 300).TrimEnd('.');

    private static void Check(string path, RepositoryPolicy policy)
    {
        var file = new PolicyFile(path, policy);
        foreach (var (member, days) in new[] { ("fixGracePeriodDays", policy.FixGracePeriodDays), ("maximumDatabaseAgeDays", policy.MaximumDatabaseAgeDays), ("longestWaiverDays", policy.LongestWaiverDays) })
        {
            if (days is < 0 or > 100_000)
                throw Unusable(path, file.LineOf(member), $"{member} is {days}. Valid values: whole numbers from 0 to 100000");
        }

        foreach (var (member, list) in new[] { ("allowedBaseImages", policy.AllowedBaseImages), ("allowedRegistries", policy.AllowedRegistries) })
        {
            if (list is not null && (list.Count == 0 || list.Any(string.IsNullOrWhiteSpace)))
                throw Unusable(path, file.LineOf(member), $"{member} has no entry or an empty one. Leave it out to allow all");
        }

        if (policy.AllowedSigners is { } signers && (signers.Count == 0 || signers.Any(signer => signer is null || (string.IsNullOrWhiteSpace(signer.Key) == (string.IsNullOrWhiteSpace(signer.Identity) || string.IsNullOrWhiteSpace(signer.Issuer))))))
            throw Unusable(path, file.LineOf("allowedSigners"), "each of allowedSigners has either a key, or an identity with its issuer: the same name from another issuer is another one");
    }

    private static DiagnosticException Unusable(string path, int line, string why, Exception? cause = null) => new(
        new Diagnostic(DiagnosticCodes.PolicyUnusable, $"the policy {path} cannot be used: {why}. Its form: docs/schemas/supplychain.policy.schema.json. Nothing is published without it.", path, line), cause);
}
