using System.Runtime.InteropServices;

namespace SupplyChain.Core.Tools;

/// <summary>The platforms that releases are made for, by their .NET names.</summary>
internal static class ToolPlatform
{
    public static readonly IReadOnlyList<string> All = ["linux-x64", "linux-arm64", "osx-x64", "osx-arm64", "win-x64"];

    /// <summary>Null: there are no releases for this machine. Windows on ARM runs x64 programs.</summary>
    public static string? Of(IMachine machine, Architecture architecture) => (machine.IsWindows, machine.IsMacOS, architecture) switch
    {
        (true, _, Architecture.X64 or Architecture.Arm64) => "win-x64",
        (_, true, Architecture.X64) => "osx-x64",
        (_, true, Architecture.Arm64) => "osx-arm64",
        (false, false, Architecture.X64) => "linux-x64",
        (false, false, Architecture.Arm64) => "linux-arm64",
        _ => null,
    };
}
