using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace SupplyChain.Core.Signing;

/// <summary>scrypt (RFC 7914): makes a key of a password, at a price in time and memory that a thief has to pay for each guess.</summary>
internal static class Scrypt
{
    /// <param name="n">The price: a power of two above 1.</param>
    /// <param name="r">The size of a block in 128 bytes; memory is 128 · n · r bytes.</param>
    /// <param name="p">How often.</param>
    /// <param name="key">What is made; any length.</param>
    public static void DeriveKey(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int n, int r, int p, Span<byte> key)
    {
        var size = 128 * r;
        var blocks = GC.AllocateArray<byte>(size * p, pinned: true);
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(password, salt, blocks, 1, HashAlgorithmName.SHA256);
            for (var block = 0; block < p; block++)
                Mix(blocks.AsSpan(block * size, size), n, 2 * r * Salsa20.Vectors);
            Rfc2898DeriveBytes.Pbkdf2(password, blocks, key, 1, HashAlgorithmName.SHA256);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(blocks);
        }
    }

    /// <summary>scryptROMix (section 5).</summary>
    /// <param name="length">Of the block, in vectors.</param>
    private static unsafe void Mix(Span<byte> block, int n, int length)
    {
        // Not from the garbage collector: it goes back to the system at once, and what it held is not left lying about.
        var memory = (Vector128<uint>*)NativeMemory.AlignedAlloc((nuint)n * (nuint)length * 16, 64);
        Span<Vector128<uint>> Row(int index) => new(memory + (nint)index * length, length);
        Span<Vector128<uint>> now = new Vector128<uint>[length], next = new Vector128<uint>[length];
        try
        {
            Salsa20.Load(block, Row(0));
            for (var row = 1; row < n; row++)
                MixBlock(Row(row - 1), Row(row));
            MixBlock(Row(n - 1), now);
            for (var step = 0; step < n; step++)
            {
                // The lowest word of the last block (Integerify) is the first one in diagonal order, too.
                MixBlock(now, Row((int)(now[length - Salsa20.Vectors].ToScalar() & (uint)(n - 1))), next);
                var swap = now;
                now = next;
                next = swap;
            }

            Salsa20.Store(now, block);
        }
        finally
        {
            now.Clear();
            next.Clear();
            // By the first row a password could be tried without paying the price.
            Row(0).Clear();
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>scryptBlockMix (section 4).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MixBlock(ReadOnlySpan<Vector128<uint>> from, Span<Vector128<uint>> to)
    {
        var (a, b, c, d) = (from[^4], from[^3], from[^2], from[^1]);
        for (var vector = 0; vector < from.Length; vector += Salsa20.Vectors)
        {
            var block = from.Slice(vector, Salsa20.Vectors);
            MixOne(ref a, ref b, ref c, ref d, block[0], block[1], block[2], block[3], Place(to, vector));
        }
    }

    /// <summary>The same of two blocks, the one xor the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MixBlock(ReadOnlySpan<Vector128<uint>> from, ReadOnlySpan<Vector128<uint>> other, Span<Vector128<uint>> to)
    {
        var (a, b, c, d) = (from[^4] ^ other[^4], from[^3] ^ other[^3], from[^2] ^ other[^2], from[^1] ^ other[^1]);
        for (var vector = 0; vector < from.Length; vector += Salsa20.Vectors)
        {
            ReadOnlySpan<Vector128<uint>> one = from.Slice(vector, Salsa20.Vectors), two = other.Slice(vector, Salsa20.Vectors);
            MixOne(ref a, ref b, ref c, ref d, one[0] ^ two[0], one[1] ^ two[1], one[2] ^ two[2], one[3] ^ two[3], Place(to, vector));
        }
    }

    /// <summary>Blocks of even number come first, then the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Span<Vector128<uint>> Place(Span<Vector128<uint>> to, int vector)
    {
        var block = vector / Salsa20.Vectors;
        return to.Slice((block / 2 * Salsa20.Vectors) + (block % 2 == 0 ? 0 : to.Length / 2), Salsa20.Vectors);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MixOne(
        ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d,
        Vector128<uint> w, Vector128<uint> x, Vector128<uint> y, Vector128<uint> z, Span<Vector128<uint>> to)
    {
        (w, x, y, z) = (w ^ a, x ^ b, y ^ c, z ^ d);
        (a, b, c, d) = (w, x, y, z);
        Salsa20.Rounds(ref a, ref b, ref c, ref d, 8);
        to[0] = a += w;
        to[1] = b += x;
        to[2] = c += y;
        to[3] = d += z;
    }
}
