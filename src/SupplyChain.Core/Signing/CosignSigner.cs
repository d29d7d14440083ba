using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>
/// Signs statements: with a key that is open in this process, or has cosign sign them, all at the same time, and checks what it wrote. With a key and no services not one
/// packet leaves the machine.
/// </summary>
public sealed class CosignSigner(IToolRunner runner, Tool cosign, SigningSettings settings, IMachine machine)
{
    /// <summary>Signs in place of cosign, if it can.</summary>
    internal OpenedKey Opened { get; init; } = OpenedKey.None();

    /// <summary>Signing takes 0.2 s; a key service, a hardware key or Fulcio some seconds.</summary>
    internal static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(3);

    private readonly LimitedRunner _runner = new(runner);

    /// <summary>Nobody will look for bundles: a cosign before 2.6 will do, see <see cref="OlderCosign"/>.</summary>
    public bool ForOlderLayoutAlone { get; init; }

    /// <summary>Writes <c>NAME.sigstore.json</c> into the folder for each statement; when one fails, none.</summary>
    /// <returns>In the order of the statements.</returns>
    /// <exception cref="DiagnosticException">SCB5003 the key cannot be used, SCB5005 signing failed, SCB7001–7003 cosign is missing, hangs or is too old.</exception>
    public async Task<IReadOnlyList<SignedEvidence>> SignAsync(
        IReadOnlyList<StatementToSign> statements, SigningIdentity identity, string directory, CancellationToken cancellationToken)
    {
        if (statements.DistinctBy(statement => statement.Name, StringComparer.OrdinalIgnoreCase).Count() != statements.Count)
            throw new ArgumentException("Two statements have the same name.", nameof(statements));
        directory = Directory.CreateDirectory(directory).FullName;
        var jobs = statements.Select(statement => new Job(statement, Path.Combine(directory, statement.Name + ".sigstore.json"))).ToList();
        // What an earlier publish left must not pass for this one's.
        jobs.ForEach(job => File.Delete(job.Target));
        using var work = new WorkFolder(directory);
        await SignAllAsync(jobs, identity, work, cancellationToken);
        // Nothing but renames is left: a failure above leaves no bundle.
        jobs.ForEach(job => File.Move(work.File(job.Statement.Name + ".bundle"), job.Target, overwrite: true));
        return [.. jobs.Select(job => new SignedEvidence(job.Statement.Subject, job.Statement.PredicateType, job.Target))];
    }

    private async Task SignAllAsync(List<Job> jobs, SigningIdentity identity, WorkFolder work, CancellationToken cancellationToken)
    {
        if (await SignWithOpenedAsync(jobs, work, cancellationToken))
            return;
        var arguments = new CosignArguments(settings, identity, work.Path);
        var failures = new CosignFailure(cosign, identity, machine);
        await arguments.WriteFilesAsync(cancellationToken);
        foreach (var job in jobs)
            await File.WriteAllBytesAsync(work.File(job.Statement.Name + ".statement"), job.Statement.Content, cancellationToken);
        for (var dialect = new CosignDialect(); ;)
        {
            var outcomes = await Task.WhenAll(jobs.Select(job => SignOneAsync(job, arguments, dialect, work, cancellationToken)));
            if (outcomes.FirstOrDefault(outcome => outcome.Failed) is not { } failed)
                return;
            if (CosignDialect.IsUnknown(failed.Result.StandardError, "--statement") && ForOlderLayoutAlone && identity.Key is { } key && !UsesServices)
            {
                await SignWithOlderAsync(jobs, new OlderCosign(_runner, cosign, key, machine), failures, work, cancellationToken);
                return;
            }

            dialect = dialect.After(failed.Result.StandardError) ?? (failed.OldFormat && !dialect.NewBundleFormat ? dialect with { NewBundleFormat = true } : null)
                ?? throw failures.Explain(failed.Job.Statement, failed.Result, failed.Problem);
        }
    }

    private bool UsesServices => settings.UsesTransparencyLog(keyless: false) || settings.UsesTimestamp(keyless: false);

    private static async Task SignWithOlderAsync(List<Job> jobs, OlderCosign older, CosignFailure failures, WorkFolder work, CancellationToken cancellationToken)
    {
        var hint = older.ReadHintAsync(cancellationToken);
        var signed = await Task.WhenAll(jobs.Select(async job => (Job: job, Failed: await older.SignAsync(job.Statement, work.File(job.Statement.Name + ".bundle"), await hint, cancellationToken))));
        if (signed.FirstOrDefault(one => one.Failed is not null) is (var job, { } failed))
            throw failures.Explain(job.Statement, failed, null);
    }

    private async Task<Outcome> SignOneAsync(Job job, CosignArguments arguments, CosignDialect dialect, WorkFolder work, CancellationToken cancellationToken)
    {
        var bundle = work.File(job.Statement.Name + ".bundle");
        File.Delete(bundle);
        var result = await _runner.RunAsync(
            new ToolInvocation(cosign, arguments.Attest(work.File(job.Statement.Name + ".statement"), bundle, dialect, job.IsMessage))
            {
                Environment = CosignEnvironment.ForSigning(machine, settings.CertificateAuthorityFile),
                WorkingDirectory = work.Path,
                TimeLimit = TimeLimit,
                OutputLimit = 64 * 1024,
            },
            cancellationToken);
        if (result.ExitCode != 0)
            return new Outcome(job, result, null, OldFormat: false);
        try
        {
            if (!job.IsMessage)
                Check(await Bundle.ReadAsync(bundle, cancellationToken), job.Statement);
            else if (!LegacyForm.IsOver(job.Statement.Content, await File.ReadAllBytesAsync(bundle, cancellationToken)))
                throw new FormatException("it does not sign what it was given");
            return new Outcome(job, result, null, OldFormat: false) { Signed = true };
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            return new Outcome(job, result, exception.Message, OldFormat: File.Exists(bundle));
        }
    }

    /// <summary>False: no key is open here; then cosign signs, or says what is wrong.</summary>
    private async Task<bool> SignWithOpenedAsync(List<Job> jobs, WorkFolder work, CancellationToken cancellationToken)
    {
        foreach (var job in jobs)
        {
            var content = job.Statement.Content;
            if (await Opened.SignAsync(job.IsMessage ? content : Envelope.ToSign(content), cancellationToken) is not { } signature)
                return false;
            var bundle = job.IsMessage ? Envelope.BundleOfMessage(content, signature) : Envelope.Bundle(content, signature);
            await File.WriteAllBytesAsync(work.File(job.Statement.Name + ".bundle"), bundle, cancellationToken);
        }

        return true;
    }

    /// <summary>The bundle is what we asked for: our statement, byte for byte, once signed. Whether the signature is right, the verification says.</summary>
    private static void Check(Bundle bundle, StatementToSign statement)
    {
        if (bundle.MediaType != MediaTypes.SigstoreBundle)
            throw new FormatException($"its media type is '{bundle.MediaType}', not '{MediaTypes.SigstoreBundle}'");
        if (!bundle.Payload.Span.SequenceEqual(statement.Content.Span))
            throw new FormatException("it signs something else than the statement it was given");
    }

    private sealed record Job(StatementToSign Statement, string Target)
    {
        public bool IsMessage => Statement.PredicateType == PredicateTypes.SimpleSigning;
    }

    private sealed record Outcome(Job Job, ToolResult Result, string? Problem, bool OldFormat)
    {
        public bool Signed { get; init; }

        public bool Failed => !Signed;
    }
}
