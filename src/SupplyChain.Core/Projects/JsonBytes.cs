namespace SupplyChain.Core.Projects;

internal static class JsonBytes
{
    /// <summary>System.Text.Json refuses the byte order mark that some tools write.</summary>
    public static ReadOnlyMemory<byte> WithoutByteOrderMark(byte[] bytes) =>
        bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes.AsMemory(3) : bytes;
}
