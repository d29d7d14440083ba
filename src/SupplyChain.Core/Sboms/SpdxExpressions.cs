using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SupplyChain.Core.Sboms;

/// <summary>
/// Licences as SPDX expressions (SPDX 2.3, annex D). What is no listed licence becomes a <c>LicenseRef-</c>, whose text the document explains
/// (clause 10).
/// </summary>
internal sealed class SpdxExpressions
{
    private readonly SortedList<string, License> _extracted = new(StringComparer.Ordinal);

    /// <summary>NOASSERTION where nothing is known.</summary>
    public string Declare(IReadOnlyList<License> licenses)
    {
        if (licenses.Count == 0)
            return "NOASSERTION";
        var parts = licenses.Select(Part).Distinct(StringComparer.Ordinal).ToList();
        return string.Join(" AND ", parts.Count == 1 ? parts : parts.Select(part => part.Contains(' ') ? $"({part})" : part));
    }

    public void WriteExtracted(Utf8JsonWriter json)
    {
        if (_extracted.Count == 0)
            return;
        json.WriteStartArray("hasExtractedLicensingInfos");
        foreach (var (id, license) in _extracted)
        {
            json.WriteStartObject();
            json.WriteString("licenseId", id);
            json.WriteString("name", license.Name);
            json.WriteString("extractedText", license.Url is { } url ? $"{license.Name}: {url}" : license.Name);
            if (license.Url is { } address)
            {
                json.WriteStartArray("seeAlsos");
                json.WriteStringValue(address);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private string Part(License license)
    {
        if ((license.Id ?? license.Expression) is { } listed)
            return listed;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{license.Name} {license.Url}")))[..16];
        _extracted.TryAdd($"LicenseRef-{hash}", license);
        return $"LicenseRef-{hash}";
    }
}
