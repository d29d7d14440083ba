using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// Asks cosign about bundles of which the bytes are at hand, before the destination gives the same bytes back: what it accepts is remembered
/// (<see cref="AcceptedBundles"/>), and the last verification has only to compare.
/// </summary>
internal sealed class SignatureCheck(Destination destination, IToolRunner runner, Tool cosign, SigningSettings settings, IMachine machine, string workDirectory)
{
    public required AcceptedBundles Accepted { get; init; }

    /// <summary>What was signed a moment ago, while it is pushed and attached. Decides nothing: whatever is wrong is found, and said, in the end.</summary>
    public async Task LookAsync(IReadOnlyList<SignedEvidence> made, SigningIdentity identity, CancellationToken cancellationToken)
    {
        // In a registry cosign looks for the signature by itself, in the end.
        var asked = made.Where(signed => signed.PredicateType != PredicateTypes.SimpleSigning && (signed.PredicateType != PredicateTypes.CosignSignature || destination.Store.Repository.Registry is null));
        try
        {
            foreach (var image in asked.GroupBy(signed => signed.Subject))
                await PassesAsync(image.Key, [.. image], identity, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
        }
    }

    /// <summary>Has cosign look in the registry by itself, where nothing is going to be written any more that could change the answer. Decides nothing.</summary>
    /// <param name="signature">That is there.</param>
    /// <param name="signer">Who must have signed; null: it is found out.</param>
    public async Task LookInRegistryAsync(SignedEvidence signature, SigningIdentity identity, CancellationToken cancellationToken, ExpectedSigner? signer = null)
    {
        try
        {
            await PassesAsync(signature.Subject, [signature], identity, cancellationToken, fromBytes: false, signer);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
        }
    }

    /// <returns>False: of another signer, or not verifiable.</returns>
    public async Task<bool> PassesAsync(Digest image, IReadOnlyList<SignedEvidence> evidence, SigningIdentity identity, CancellationToken cancellationToken, bool fromBytes = true, ExpectedSigner? signer = null)
    {
        try
        {
            signer ??= await new PublicKeySource(runner, cosign, settings, machine).GetAsync(identity, evidence, workDirectory, cancellationToken);
            var bundles = new List<StoredBundle>();
            foreach (var signed in evidence.Where(signed => signed.PredicateType != PredicateTypes.SimpleSigning))
                bundles.Add(new StoredBundle(signed.PredicateType, await File.ReadAllBytesAsync(signed.BundleFile, cancellationToken)));
            var request = new VerificationRequest(destination.Store.Repository.At(image), image, [.. evidence.Select(signed => signed.PredicateType)], signer)
            {
                Own = evidence,
                Stored = bundles,
                Legacy = destination.Evidence.Format == SignatureFormat.Legacy,
                Access = await destination.AccessAsync(cancellationToken),
                WorkDirectory = workDirectory,
                FromBytes = fromBytes,
            };
            await new Verifier(runner, cosign, machine) { Accepted = Accepted }.VerifyAsync(request, cancellationToken);
            return true;
        }
        catch (DiagnosticException)
        {
            return false;
        }
    }
}
