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

    /// <summary>
    /// What was signed a moment ago, while it is pushed and attached. Decides nothing: whatever is wrong is found, and said, in the end. Where cosign will be asked about all of it together,
    /// once it is there, nothing is asked here.
    /// </summary>
    public async Task LookAsync(IReadOnlyList<SignedEvidence> made, SigningIdentity identity, CancellationToken cancellationToken)
    {
        foreach (var image in made.Where(signed => signed.PredicateType != PredicateTypes.SimpleSigning).GroupBy(signed => signed.Subject))
        {
            await TryAsync(async () =>
            {
                var request = await RequestAsync(image.Key, [.. image], identity, null, cancellationToken);
                // In a registry cosign looks for the signature by itself, in the end.
                string[] asked = [.. request.PredicateTypes.Where(type => type != PredicateTypes.CosignSignature || destination.Store.Repository.Registry is null)];
                if (asked.Length > 0 && !VerificationTogether.Fits(request))
                    await VerifyAsync(request with { PredicateTypes = asked, FromBytes = true }, cancellationToken);
            });
        }
    }

    /// <summary>Has cosign look in the registry by itself for the signature, where nothing is going to be written any more that could change the answer. Decides nothing.</summary>
    /// <param name="signature">That is there.</param>
    /// <param name="signer">Who must have signed; null: it is found out.</param>
    public Task LookInRegistryAsync(SignedEvidence signature, SigningIdentity identity, CancellationToken cancellationToken, ExpectedSigner? signer = null) =>
        TryAsync(async () => await VerifyAsync(await RequestAsync(signature.Subject, [signature], identity, signer, cancellationToken), cancellationToken));

    /// <summary>The same for all that lies there.</summary>
    /// <param name="evidence">What is wanted of it.</param>
    /// <param name="stored">All of it, as it was read.</param>
    /// <returns>False: this cannot be asked together.</returns>
    public async Task<bool> LookTogetherAsync(Digest image, IReadOnlyList<SignedEvidence> evidence, IReadOnlyList<StoredBundle> stored, SigningIdentity identity, CancellationToken cancellationToken)
    {
        var fits = false;
        await TryAsync(async () =>
        {
            var request = await RequestAsync(image, evidence, identity, null, cancellationToken) with { Stored = stored };
            if (fits = VerificationTogether.Fits(request))
                await VerifyAsync(request, cancellationToken);
        });
        return fits;
    }

    /// <summary>By the bytes, wherever they lie.</summary>
    /// <returns>False: of another signer, or not verifiable.</returns>
    public async Task<bool> PassesAsync(Digest image, IReadOnlyList<SignedEvidence> evidence, SigningIdentity identity, CancellationToken cancellationToken)
    {
        try
        {
            await VerifyAsync(await RequestAsync(image, evidence, identity, null, cancellationToken) with { FromBytes = true }, cancellationToken);
            return true;
        }
        catch (DiagnosticException)
        {
            return false;
        }
    }

    private static async Task TryAsync(Func<Task> look)
    {
        try
        {
            await look();
        }
        catch (Exception exception) when (exception is DiagnosticException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
        }
    }

    private async Task<VerificationRequest> RequestAsync(Digest image, IReadOnlyList<SignedEvidence> evidence, SigningIdentity identity, ExpectedSigner? signer, CancellationToken cancellationToken)
    {
        signer ??= await new PublicKeySource(runner, cosign, settings, machine).GetAsync(identity, evidence, workDirectory, cancellationToken);
        var bundles = new List<StoredBundle>();
        foreach (var signed in evidence.Where(signed => signed.PredicateType != PredicateTypes.SimpleSigning))
            bundles.Add(new StoredBundle(signed.PredicateType, await File.ReadAllBytesAsync(signed.BundleFile, cancellationToken)));
        return new VerificationRequest(destination.Store.Repository.At(image), image, [.. evidence.Select(signed => signed.PredicateType)], signer)
        {
            Own = evidence,
            Stored = bundles,
            Legacy = destination.Evidence.Format == SignatureFormat.Legacy,
            Access = await destination.AccessAsync(cancellationToken),
            WorkDirectory = workDirectory,
        };
    }

    private Task VerifyAsync(VerificationRequest request, CancellationToken cancellationToken) => new Verifier(runner, cosign, machine) { Accepted = Accepted }.VerifyAsync(request, cancellationToken);
}
