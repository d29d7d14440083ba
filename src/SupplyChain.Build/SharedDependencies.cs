using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace SupplyChain.Build;

/// <summary>
/// The package has two sets of tasks, one compiled ahead of time in a folder below the other, and each foreign assembly once: what is not beside
/// the tasks is a folder above them.
/// </summary>
internal static class SharedDependencies
{
#pragma warning disable CA2255 // Meant for applications; the tasks are the only thing that is ever run of this library, by a host that is not ours.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register()
    {
        var tasks = typeof(SharedDependencies).Assembly;
        if (tasks.Location is { Length: > 0 } location && Path.GetDirectoryName(Path.GetDirectoryName(location)) is { } above && AssemblyLoadContext.GetLoadContext(tasks) is { } context)
            context.Resolving += (requested, name) => Path.Combine(above, $"{name.Name}.dll") is var file && File.Exists(file) ? requested.LoadFromAssemblyPath(file) : null;
    }
}
