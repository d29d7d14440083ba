using Microsoft.Build.Framework;
using SupplyChain.Build.Tasks;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;

namespace SupplyChain.PublishHost;

/// <summary>
/// A publish from the SDK's archive on: the very tasks of the package, one after the other, in a process of its own that a test can kill at any moment.
/// Arguments: the state folder, a plan.json, an image archive, a bill of materials.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        var (directory, planFile, archive, sbom) = (arguments[0], arguments[1], arguments[2], arguments[3]);
        var state = new PublishState(directory);
        var plan = new StateFile<PublishPlan>(Path.GetDirectoryName(planFile)!, Path.GetFileName(planFile), PublishingJson.Default.PublishPlan).Read();
        using var engine = new HostEngine();

        // As SupplyChainPreparePublish begins: nothing of an earlier publish may serve this one.
        state.Clear();
        Directory.CreateDirectory(plan.OutputDirectory);
        state.Plan.Write(plan);
        File.Copy(archive, state.ArchiveFile);
        if (!Run(new OpenImage()))
            return 1;
        state.Attest(AttestedDocument.Write(state.Image.Read().Root.Digest, PredicateTypes.CycloneDx, Path.Combine(plan.OutputDirectory, "sbom.cdx.json"), await File.ReadAllBytesAsync(sbom)));
        StageTask[] steps = [new EvaluateGate(), new PushImage(), new AttachEvidence(), new VerifyEvidence(), new TagImage(), new WriteReceipt()];
        return steps.All(Run) ? 0 : 1;

        bool Run(StageTask step)
        {
            (step.BuildEngine, step.ProjectFile, step.StateDirectory) = (engine, plan.ProjectFile, directory);
            return step.Execute();
        }
    }
}

/// <summary>As much of MSBuild as the tasks need: errors on standard error, and objects that live as long as the build.</summary>
internal sealed class HostEngine : IBuildEngine4, IDisposable
{
    private readonly Dictionary<object, object> _objects = [];

    public bool ContinueOnError => false;

    public int LineNumberOfTaskNode => 0;

    public int ColumnNumberOfTaskNode => 0;

    public string ProjectFileOfTaskNode => "";

    public bool IsRunningMultipleNodes => false;

    public void LogErrorEvent(BuildErrorEventArgs e) => Console.Error.WriteLine($"error {e.Code}: {e.Message}");

    public void LogWarningEvent(BuildWarningEventArgs e) => Console.Error.WriteLine($"warning {e.Code}: {e.Message}");

    public void LogMessageEvent(BuildMessageEventArgs e)
    {
        if (e.Importance == MessageImportance.High)
            Console.WriteLine(e.Message);
    }

    public void LogCustomEvent(CustomBuildEventArgs e)
    {
    }

    public void RegisterTaskObject(object key, object obj, RegisteredTaskObjectLifetime lifetime, bool allowEarlyCollection)
    {
        lock (_objects)
            _objects[key] = obj;
    }

    public object? GetRegisteredTaskObject(object key, RegisteredTaskObjectLifetime lifetime)
    {
        lock (_objects)
            return _objects.GetValueOrDefault(key);
    }

    public object? UnregisterTaskObject(object key, RegisteredTaskObjectLifetime lifetime)
    {
        lock (_objects)
            return _objects.Remove(key, out var found) ? found : null;
    }

    public void Dispose()
    {
        foreach (var found in _objects.Values.OfType<IDisposable>())
            found.Dispose();
    }

    public void Yield()
    {
    }

    public void Reacquire()
    {
    }

    public bool BuildProjectFile(string projectFileName, string[] targetNames, System.Collections.IDictionary globalProperties, System.Collections.IDictionary targetOutputs) => throw new NotSupportedException();

    public bool BuildProjectFile(string projectFileName, string[] targetNames, System.Collections.IDictionary globalProperties, System.Collections.IDictionary targetOutputs, string toolsVersion) => throw new NotSupportedException();

    public bool BuildProjectFilesInParallel(string[] projectFileNames, string[] targetNames, System.Collections.IDictionary[] globalProperties, System.Collections.IDictionary[] targetOutputsPerProject, string[] toolsVersion, bool useResultsCache, bool unloadProjectsOnCompletion) => throw new NotSupportedException();

    public BuildEngineResult BuildProjectFilesInParallel(string[] projectFileNames, string[] targetNames, System.Collections.IDictionary[] globalProperties, IList<string>[] removeGlobalProperties, string[] toolsVersion, bool returnTargetOutputs) => throw new NotSupportedException();
}
