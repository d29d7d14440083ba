using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace SupplyChain.Core.Signing;

/// <summary>
/// Opens what NaCl's <c>crypto_secretbox</c> has closed (D. J. Bernstein, Cryptography in NaCl, sections 7 to 10: XSalsa20 and Poly1305). Small boxes: the arithmetic is the
/// plain one.
/// </summary>
internal static class SecretBox
{
    public const int KeySize = 32;
    public const int NonceSize = 24;
    private const int TagSize = 16;

    private static readonly BigInteger Prime = BigInteger.Pow(2, 130) - 5;

    /// <returns>Null: another key closed it, or it was changed. Pinned, so that its owner can overwrite the only copy.</returns>
    public static byte[]? Open(ReadOnlySpan<byte> box, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key)
    {
        if (box.Length < TagSize || nonce.Length != NonceSize || key.Length != KeySize)
            return null;
        var content = box[TagSize..];
        // The first 32 bytes of the stream are the key of the tag.
        var stream = GC.AllocateArray<byte>((KeySize + content.Length + Salsa20.BlockSize - 1) / Salsa20.BlockSize * Salsa20.BlockSize, pinned: true);
        try
        {
            Span<byte> subkey = stackalloc byte[KeySize], counter = stackalloc byte[16];
            Block(key, nonce[..16], subkey);
            nonce[16..].CopyTo(counter);
            for (var block = 0; block < stream.Length / Salsa20.BlockSize; block++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(counter[8..], (ulong)block);
                Block(subkey, counter, stream.AsSpan(block * Salsa20.BlockSize, Salsa20.BlockSize));
            }

            CryptographicOperations.ZeroMemory(subkey);
            if (!CryptographicOperations.FixedTimeEquals(Tag(content, stream.AsSpan(0, KeySize)), box[..TagSize]))
                return null;
            var opened = GC.AllocateArray<byte>(content.Length, pinned: true);
            for (var index = 0; index < opened.Length; index++)
                opened[index] = (byte)(content[index] ^ stream[KeySize + index]);
            return opened;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(stream);
        }
    }

    /// <summary>64 bytes of the Salsa20 stream (Salsa20 specification, section 9), or 32 bytes: HSalsa20, a key of a key.</summary>
    private static void Block(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input, Span<byte> output)
    {
        Span<byte> block = stackalloc byte[Salsa20.BlockSize];
        "expa"u8.CopyTo(block);
        key[..16].CopyTo(block[4..]);
        "nd 3"u8.CopyTo(block[20..]);
        input.CopyTo(block[24..]);
        "2-by"u8.CopyTo(block[40..]);
        key[16..].CopyTo(block[44..]);
        "te k"u8.CopyTo(block[60..]);
        Span<Vector128<uint>> before = stackalloc Vector128<uint>[Salsa20.Vectors], after = stackalloc Vector128<uint>[Salsa20.Vectors];
        Salsa20.Load(block, before);
        before.CopyTo(after);
        Salsa20.Rounds(ref after[0], ref after[1], ref after[2], ref after[3], 20);
        if (output.Length == Salsa20.BlockSize)
        {
            for (var vector = 0; vector < Salsa20.Vectors; vector++)
                after[vector] += before[vector];
            Salsa20.Store(after, output);
        }
        else
        {
            // Words 0, 5, 10, 15 and 6, 7, 8, 9, nothing added.
            Salsa20.Store(after, block);
            for (var word = 0; word < 4; word++)
                block.Slice(word * 5 * 4, 4).CopyTo(output[(word * 4)..]);
            block.Slice(6 * 4, 16).CopyTo(output[16..]);
        }

        CryptographicOperations.ZeroMemory(block);
        before.Clear();
        after.Clear();
    }

    /// <summary>Poly1305 (RFC 8439, section 2.5).</summary>
    private static byte[] Tag(ReadOnlySpan<byte> content, ReadOnlySpan<byte> key)
    {
        var factor = new BigInteger(key[..16], isUnsigned: true) & new BigInteger(Convert.FromHexString("0ffffffc0ffffffc0ffffffc0fffffff"), isUnsigned: true, isBigEndian: true);
        var sum = BigInteger.Zero;
        Span<byte> limb = stackalloc byte[17];
        for (var offset = 0; offset < content.Length; offset += 16)
        {
            var part = content[offset..Math.Min(offset + 16, content.Length)];
            limb.Clear();
            part.CopyTo(limb);
            limb[part.Length] = 1;
            sum = (sum + new BigInteger(limb, isUnsigned: true)) * factor % Prime;
        }

        sum += new BigInteger(key[16..], isUnsigned: true);
        var tag = new byte[32];
        _ = sum.TryWriteBytes(tag, out _, isUnsigned: true);
        return tag[..TagSize];
    }
}
