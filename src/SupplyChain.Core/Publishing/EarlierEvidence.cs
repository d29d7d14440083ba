using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// Evidence of an earlier publish of the very same image: the same statements, byte for byte, by the same signer, verified in the destination.
/// It is kept instead of being made again, because every signature differs and would add another referrer.
/// </summary>
internal sealed class EarlierEvidence(Destination destination, IToolRunner runner, Tool cosign, SigningSettings settings, IMachine machine, string workDirectory)
{
    /// <summary>
    /// Writes the bundles as the signer would have, of those statements that are there already and say the same; null: none is, or what is there is not to
    /// be trusted.
    /// </summary>
    public async Task<IReadOnlyList<SignedEvidence>?> FindAsync(
        Descriptor image, IReadOnlyList<StatementToSign> statements, SigningIdentity identity, string directory, CancellationToken cancellationToken)
    {
        // Without a key, who we are is known only once we have signed, unless the settings say it. A bundle that is found there would name its own
        // maker, whoever that is.
        if (identity.IsKeyless && PublicKeySource.FromSettings(settings, logged: true, machine) is null)
            return null;

        // What is not there has no evidence: the usual case.
        if (!await destination.HasImageAsync(image.Digest, cancellationToken))
            return null;

        var stored = await destination.Evidence.ReadAsync(image, cancellationToken);
        var found = new List<(SignedEvidence Evidence, StoredBundle Bundle)>();
        foreach (var statement in statements)
        {
            if (Find(stored, statement) is not { } bundle)
                continue;
            var file = Path.Combine(directory, statement.Name + ".sigstore.json");
            await File.WriteAllBytesAsync(file, bundle.Content, cancellationToken);
            found.Add((new SignedEvidence(statement.Subject, statement.PredicateType, file), bundle));
        }

        return found.Count > 0 && await IsTrustedAsync(image, found, identity, cancellationToken) ? [.. found.Select(item => item.Evidence)] : null;
    }

    private static StoredBundle? Find(IReadOnlyList<StoredBundle> stored, StatementToSign statement) =>
        stored.FirstOrDefault(candidate => candidate.PredicateType == statement.PredicateType && Says(candidate, statement));

    private static bool Says(StoredBundle candidate, StatementToSign statement)
    {
        if (statement.PredicateType == PredicateTypes.SimpleSigning)
            return LegacyForm.IsOver(statement.Content, candidate.Content);
        try
        {
            return StatementMeaning.IsSame(statement.PredicateType, statement.Content.Span, Bundle.Parse(candidate.Content).Payload.Span);
        }
        catch (FormatException)
        {
            // Whoever may write to the repository may attach anything.
            return false;
        }
    }

    private async Task<bool> IsTrustedAsync(
        Descriptor image, IReadOnlyList<(SignedEvidence Evidence, StoredBundle Bundle)> found, SigningIdentity identity, CancellationToken cancellationToken)
    {
        SignedEvidence[] evidence = [.. found.Select(item => item.Evidence)];
        try
        {
            var signer = await new PublicKeySource(runner, cosign, settings, machine).GetAsync(identity, evidence, workDirectory, cancellationToken);
            var request = new VerificationRequest(
                destination.Store.Repository.At(image.Digest), image.Digest, [.. evidence.Select(signed => signed.PredicateType)], signer)
            {
                Own = evidence,
                Stored = [.. found.Select(item => item.Bundle).Where(bundle => bundle.PredicateType != PredicateTypes.SimpleSigning)],
                Legacy = destination.Evidence.Format == SignatureFormat.Legacy,
                Access = await destination.AccessAsync(cancellationToken),
                WorkDirectory = workDirectory,
            };
            await new Verifier(runner, cosign, machine).VerifyAsync(request, cancellationToken);
            return true;
        }
        catch (DiagnosticException)
        {
            // Of another signer, or not verifiable: it stays where it is, and ours is added.
            return false;
        }
    }
}
