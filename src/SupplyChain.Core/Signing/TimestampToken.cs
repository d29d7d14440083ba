using System.Formats.Asn1;
using System.Text.Json;

namespace SupplyChain.Core.Signing;

/// <summary>When a timestamp server says that it saw a signature (RFC 3161, 2.4.2: TimeStampResp). Its own signature is cosign's business.</summary>
internal static class TimestampToken
{
    private static readonly Asn1Tag Content = new(TagClass.ContextSpecific, 0);

    /// <param name="timestamps"><c>rfc3161Timestamps</c> of a bundle (sigstore_bundle.proto).</param>
    /// <returns>Of the first one, UTC; null: there is none, or it says nothing that is understood.</returns>
    public static DateTimeOffset? ReadFirst(JsonElement timestamps)
    {
        try
        {
            return timestamps.GetArrayLength() > 0 ? Read(timestamps[0].GetProperty("signedTimestamp").GetBytesFromBase64()) : null;
        }
        catch (Exception exception) when (exception is AsnContentException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static DateTimeOffset Read(byte[] response)
    {
        var answer = new AsnReader(response, AsnEncodingRules.BER).ReadSequence();
        answer.ReadSequence(); // status
        var token = answer.ReadSequence();
        token.ReadObjectIdentifier();
        var signed = token.ReadSequence(Content).ReadSequence();
        signed.ReadInteger();
        signed.ReadSetOf();
        var content = signed.ReadSequence();
        content.ReadObjectIdentifier();
        var statement = new AsnReader(content.ReadSequence(Content).ReadOctetString(), AsnEncodingRules.BER).ReadSequence();
        statement.ReadInteger();
        statement.ReadObjectIdentifier(); // policy
        statement.ReadSequence(); // what was stamped
        statement.ReadInteger();
        return statement.ReadGeneralizedTime();
    }
}
