using System.Runtime.InteropServices;

namespace SupplyChain.Core.Files;

/// <summary>A second name for the same file: no byte is copied (POSIX.1, <c>link</c>). The class library has no call for it before .NET 11.</summary>
internal static partial class HardLink
{
    /// <returns>False: not on this system, not between these folders (two file systems), or there is such a name already.</returns>
    public static bool TryMake(string existing, string name) => !OperatingSystem.IsWindows() && Link(existing, name) == 0;

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);
}
