using System.Collections;
using System.Globalization;
using System.Reflection;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build;

/// <summary>This package and the process it runs in: what the engine takes from outside.</summary>
internal static class Package
{
    public static IMachine Machine { get; } = new LocalMachine();

    public static string Version { get; } = typeof(Package).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>SOURCE_DATE_EPOCH (reproducible-builds.org) where it is set, so that the same sources give the same documents; else the clock.</summary>
    public static DateTimeOffset Now() =>
        long.TryParse(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : TimeProvider.System.GetUtcNow();

    public static IReadOnlyDictionary<string, string> EnvironmentVariables() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
}
