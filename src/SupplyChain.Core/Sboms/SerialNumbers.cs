using System.Security.Cryptography;
using System.Text;

namespace SupplyChain.Core.Sboms;

/// <summary>Serial numbers that are derived instead of drawn (RFC 4122, section 4.3, version 5), so that the same image always has the same.</summary>
internal static class SerialNumbers
{
    /// <summary>The namespace of all our documents; drawn once, never changed.</summary>
    private static readonly Guid Namespace = new("5e1b3b5c-6f0d-4c1e-9d3a-2f6a4c7d8e90");

    public static Guid Of(string name)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData([.. Namespace.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(name)], hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
