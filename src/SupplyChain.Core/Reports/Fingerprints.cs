using System.Security.Cryptography;
using System.Text;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Reports;

/// <summary>
/// What makes a finding the same one in the next run: vulnerability and package, and not its version, its line or its place in the list. The same package in
/// several versions is numbered.
/// </summary>
internal sealed class Fingerprints
{
    private readonly Dictionary<string, int> _seen = new(StringComparer.Ordinal);

    public string Of(JudgedFinding judged) => Next($"{judged.Finding.Id}|{judged.Finding.Kind}|{judged.Finding.Package.ToLowerInvariant()}");

    public string Of(SecretFinding secret) => Next($"{secret.Rule}|secret|{secret.Path}");

    public string Of(JudgedMisconfiguration judged) => Next($"{judged.Found.Id}|misconfiguration|{judged.Found.Path}");

    private string Next(string key)
    {
        var number = _seen[key] = _seen.GetValueOrDefault(key) + 1;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(number == 1 ? key : FormattableString.Invariant($"{key}|{number}"))));
    }
}
