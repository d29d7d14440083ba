using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SupplyChain.Core.Signing;

/// <summary>
/// The rounds of Salsa20 (D. J. Bernstein, Salsa20 specification, sections 3 to 8), which scrypt and secretbox are made of. The sixteen words of a block lie
/// in four vectors in diagonal order (0 5 10 15, 4 9 14 3, 8 13 2 7, 12 1 6 11), so that each step of a round is one operation on four words.
/// </summary>
internal static class Salsa20
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockSize = 64;

    /// <summary>Vectors of a block.</summary>
    public const int Vectors = 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Rounds(ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d, int count)
    {
        var (x0, x1, x2, x3) = (a, b, c, d);
        for (var round = 0; round < count; round += 2)
        {
            x1 ^= Rotate(x0 + x3, 7);
            x2 ^= Rotate(x1 + x0, 9);
            x3 ^= Rotate(x2 + x1, 13);
            x0 ^= Rotate(x3 + x2, 18);
            // Columns become rows.
            x1 = Vector128.Shuffle(x1, Vector128.Create(3u, 0, 1, 2));
            x2 = Vector128.Shuffle(x2, Vector128.Create(2u, 3, 0, 1));
            x3 = Vector128.Shuffle(x3, Vector128.Create(1u, 2, 3, 0));
            x3 ^= Rotate(x0 + x1, 7);
            x2 ^= Rotate(x3 + x0, 9);
            x1 ^= Rotate(x2 + x3, 13);
            x0 ^= Rotate(x1 + x2, 18);
            x1 = Vector128.Shuffle(x1, Vector128.Create(1u, 2, 3, 0));
            x2 = Vector128.Shuffle(x2, Vector128.Create(2u, 3, 0, 1));
            x3 = Vector128.Shuffle(x3, Vector128.Create(3u, 0, 1, 2));
        }

        (a, b, c, d) = (x0, x1, x2, x3);
    }

    /// <summary>Blocks in diagonal order.</summary>
    /// <param name="bytes">Words, the lowest byte first; a whole number of blocks.</param>
    public static void Load(ReadOnlySpan<byte> bytes, Span<Vector128<uint>> words)
    {
        for (var vector = 0; vector < words.Length; vector++)
            words[vector] = Vector128.Create(Word(bytes, vector, 0), Word(bytes, vector, 1), Word(bytes, vector, 2), Word(bytes, vector, 3));

        static uint Word(ReadOnlySpan<byte> bytes, int vector, int lane) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[Offset(vector, lane)..]);
    }

    /// <summary>The opposite of <see cref="Load"/>.</summary>
    public static void Store(ReadOnlySpan<Vector128<uint>> words, Span<byte> bytes)
    {
        for (var vector = 0; vector < words.Length; vector++)
        {
            for (var lane = 0; lane < 4; lane++)
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[Offset(vector, lane)..], words[vector].GetElement(lane));
        }
    }

    private static int Offset(int vector, int lane) => vector / Vectors * BlockSize + (vector % Vectors * 4 + lane) * 5 % 16 * 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Rotate(Vector128<uint> words, int bits) => (words << bits) | (words >>> (32 - bits));
}
