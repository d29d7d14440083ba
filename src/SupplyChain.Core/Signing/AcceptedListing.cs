using System.Text.Json;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Signing;

/// <summary>
/// What <c>cosign verify</c> prints of bundles: for each one that it accepts, the predicate type and the first subject of the statement, in the form of a simple signing payload (cosign 3,
/// cmd/cosign/cli/verify/verify.go, transformOutput).
/// </summary>
internal sealed class AcceptedListing(IReadOnlyList<(string Type, string Subject)> accepted)
{
    /// <returns>Null: it is something else.</returns>
    public static AcceptedListing? Read(string output)
    {
        try
        {
            using var document = JsonDocument.Parse(output, Statement.ReadOptions);
            return new AcceptedListing([.. document.RootElement.EnumerateArray().Select(item => Statement.Property(item, "critical", JsonValueKind.Object)).Select(critical =>
                (Statement.Text(critical, "type"), Statement.Text(Statement.Property(critical, "image", JsonValueKind.Object), "docker-manifest-digest")))]);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether of this type these are accepted, not one more and not one less.</summary>
    public bool IsJust(string type, IEnumerable<Statement> statements) =>
        accepted.Where(one => one.Type == type).Select(one => one.Subject).Order(StringComparer.Ordinal)
            .SequenceEqual(statements.Select(statement => statement.Subjects is [var first, ..] ? first.ToString() : "").Order(StringComparer.Ordinal));
}
