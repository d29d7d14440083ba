using SupplyChain.Core.Images;

namespace SupplyChain.Core.Signing;

/// <summary>A statement that is to be signed.</summary>
/// <param name="Name">Names the bundle file <c>NAME.sigstore.json</c>; unique among the statements that are signed together.</param>
/// <param name="Content">The in-toto statement, UTF-8 JSON: exactly these bytes are signed.</param>
public sealed record StatementToSign(string Name, Digest Subject, string PredicateType, ReadOnlyMemory<byte> Content)
{
    /// <param name="platforms">The manifests of the index, which the same statement is about; empty for a single image.</param>
    /// <summary>The image signature as <c>cosign sign</c> makes it: empty predicate, subject without a name.</summary>
    public static StatementToSign Signature(Digest subject, IReadOnlyList<Digest>? platforms = null) =>
        new("signature", subject, PredicateTypes.CosignSignature, Statement.Write(subject, null, PredicateTypes.CosignSignature, "{}"u8.ToArray(), platforms));

    /// <param name="repository">The subject's name, <c>registry/repository</c> (for a layout the repository); null: none.</param>
    /// <param name="predicate">A JSON object, UTF-8.</param>
    /// <param name="name">Names the bundle file; may be left out for the predicate types that <see cref="PredicateTypes"/> knows.</param>
    /// <exception cref="FormatException">The predicate is not a JSON object.</exception>
    public static StatementToSign Attestation(Digest subject, string? repository, string predicateType, ReadOnlyMemory<byte> predicate, string? name = null, IReadOnlyList<Digest>? platforms = null) =>
        new(
            name ?? PredicateTypes.FileName(predicateType) ?? throw new ArgumentException($"A bundle of type {predicateType} needs a name.", nameof(name)),
            subject,
            predicateType,
            Statement.Write(subject, repository, predicateType, predicate, platforms));
}
