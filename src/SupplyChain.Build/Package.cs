using System.Collections;
using System.Reflection;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build;

/// <summary>This package and the process it runs in: what the engine takes from outside.</summary>
internal static class Package
{
    public static IMachine Machine { get; } = new LocalMachine();

    public static string Version { get; } = typeof(Package).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>SOURCE_DATE_EPOCH (reproducible-builds.org) where it is set, so that the same sources give the same documents; else the clock.</summary>
    /// <exception cref="DiagnosticException">SCB0103: it is set to something else than seconds.</exception>
    public static DateTimeOffset Now() => SourceDate() ?? TimeProvider.System.GetUtcNow();

    /// <summary>SOURCE_DATE_EPOCH; null where it is not set.</summary>
    /// <exception cref="DiagnosticException">SCB0103: it is set to something else than seconds.</exception>
    public static DateTimeOffset? SourceDate() => Core.Publishing.SourceDate.OfEnvironment(Machine);

    /// <summary>Names have no case on Windows.</summary>
    /// <param name="certificateAuthorityFile">A private certificate authority, for what Trivy downloads (0.68 and later take it from this variable); null: none.</param>
    public static IReadOnlyDictionary<string, string> EnvironmentVariables(string? certificateAuthorityFile = null)
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(
            entry => (string)entry.Key, entry => (string)entry.Value!, OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        if (certificateAuthorityFile is not null)
            variables["TRIVY_CACERT"] = certificateAuthorityFile;
        return variables;
    }
}
