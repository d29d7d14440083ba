using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Signing;

/// <summary>
/// One run of <c>cosign verify</c> for everything that lies with an image in a registry, in place of one for each type. Cosign reads it by itself, as a stranger does, and lists what it
/// accepts by type and image, but not by its content. So a type is accepted only where every bundle of it that was read back has been signed by the key, which is found out here
/// (<see cref="PublicKey"/>), and cosign finds just as many. Otherwise nothing is lost: each is asked about.
/// </summary>
internal sealed class VerificationTogether(CosignVerification cosign)
{
    /// <summary>Whether it can be told here, too, what the key has signed; and there is more than one thing to ask about.</summary>
    public static bool Fits(VerificationRequest request)
    {
        if (request.Reference.Registry is null || request.Legacy || request.FromBytes || request.PredicateTypes.Count(type => type != PredicateTypes.SimpleSigning) < 2)
            return false;
        using var key = PublicKey.Of(request.Signer);
        return key is not null;
    }

    /// <returns>Null: nothing was accepted, or it cannot be told what.</returns>
    public async Task<AcceptedListing?> ListAsync(VerificationRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var result = await cosign.AskRegistryAsync(
                request, ["verify", .. request.Signer.Arguments, .. request.Access.Arguments, "--", request.Reference.At(request.Digest).ToString()], cancellationToken);
            return result is { ExitCode: 0, OutputWasCut: false } ? AcceptedListing.Read(result.StandardOutput) : null;
        }
        catch (DiagnosticException)
        {
            // Who asks about each will hear it again.
            return null;
        }
    }

    public async Task AcceptAsync(VerificationRequest request, AcceptedBundles accepted, CancellationToken cancellationToken)
    {
        using var key = PublicKey.Of(request.Signer);
        if (key is null)
            return;
        var types = request.Stored.Where(stored => stored.Bundle is not null).GroupBy(stored => stored.Bundle!.Statement.PredicateType).Where(same => same.All(key.HasSigned)).ToList();
        List<string> Questions(IGrouping<string, StoredBundle> same) =>
        [
            .. from asked in new[] { request.AskedOfBytes(same.Key), request.AskedInRegistry(same.Key) }
               from stored in same
               let question = AcceptedBundles.Question(stored.Content, request.Signer, asked, key.Content)
               where question is not null
               select question,
        ];
        // Nothing is there that cosign has not accepted in the last publish.
        if (accepted.Kept is { } kept && request.PredicateTypes.All(type => type == PredicateTypes.SimpleSigning || types.Exists(same => same.Key == type)) && types.SelectMany(Questions).All(kept.Has))
        {
            foreach (var question in types.SelectMany(Questions))
                accepted.Add(question);
            return;
        }

        if (await (request.Listed ?? ListAsync(request, cancellationToken)) is not { } listed)
            return;
        foreach (var question in types.Where(same => listed.IsJust(same.Key, same.Select(stored => stored.Bundle!.Statement))).SelectMany(Questions))
            accepted.AddListed(question);
    }
}
