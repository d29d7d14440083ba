using System.Text.Json;

namespace SupplyChain.Benchmarks;

/// <summary>What a publish says of itself, checked against the registry.</summary>
internal static class Receipt
{
    /// <param name="reference">registry/repository:tag</param>
    /// <returns>The publish's own steps.</returns>
    /// <exception cref="InvalidOperationException">It was not scanned, signed and verified, or the tag points elsewhere.</exception>
    public static async Task<IReadOnlyList<MeasuredStep>> CheckAsync(string file, string reference, Workbench bench, CancellationToken cancellationToken)
    {
        using var receipt = JsonDocument.Parse(await File.ReadAllBytesAsync(file, cancellationToken));
        var root = receipt.RootElement;
        var tagged = await bench.DigestAsync(reference, cancellationToken);
        if (!root.GetProperty("signed").GetBoolean() || root.GetProperty("verifiedSigner").ValueKind != JsonValueKind.String || root.GetProperty("scan").ValueKind != JsonValueKind.Object)
            throw new InvalidOperationException($"The image was not scanned, signed and verified:\n{root}");
        if (root.GetProperty("digest").GetString() != tagged)
            throw new InvalidOperationException($"{reference} points to {tagged}, the receipt says {root.GetProperty("digest")}.");
        return [.. root.GetProperty("steps").EnumerateArray().Select(step => new MeasuredStep(step.GetProperty("step").GetString()!, TimeSpan.FromMilliseconds(step.GetProperty("milliseconds").GetInt32())))];
    }
}
