using Microsoft.Build.Framework;

namespace SupplyChain.Build;

/// <summary>
/// Objects that serve all steps of one publish. MSBuild keeps them between tasks and disposes of them when the build ends, however it ends; an
/// engine that keeps nothing gets a new one each time.
/// </summary>
internal sealed class KeptObjects(IBuildEngine engine, string stateDirectory)
{
    private readonly IBuildEngine4? _engine = engine as IBuildEngine4;

    /// <summary>False: each step has objects of its own.</summary>
    public bool Keeps => _engine is not null;

    public T GetOrAdd<T>(Func<T> make)
        where T : class, IDisposable => _engine?.GetRegisteredTaskObject(Key<T>(), RegisteredTaskObjectLifetime.Build) as T ?? Replace(make);

    /// <summary>For the first step: the same project may be published several times in one build, each time with other settings.</summary>
    public T Replace<T>(Func<T> make)
        where T : class, IDisposable
    {
        (_engine?.UnregisterTaskObject(Key<T>(), RegisteredTaskObjectLifetime.Build) as IDisposable)?.Dispose();
        var made = make();
        _engine?.RegisterTaskObject(Key<T>(), made, RegisteredTaskObjectLifetime.Build, allowEarlyCollection: false);
        return made;
    }

    private string Key<T>() => $"SupplyChain.Build {typeof(T).Name} {stateDirectory}";
}
