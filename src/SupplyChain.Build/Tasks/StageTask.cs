using System.Diagnostics;
using Microsoft.Build.Framework;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.RepositoryPolicies;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>
/// The boundary between MSBuild and the engine: cancellation, and the one place where a <see cref="DiagnosticException"/> becomes an MSBuild
/// error and an unexpected exception becomes SCB9001.
/// </summary>
public abstract class StageTask : Microsoft.Build.Utilities.Task, ICancelableTask
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>Absolute path of the project: where an error stands that has no better place.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <summary>Absolute path of the folder of the state files, one a step.</summary>
    public string StateDirectory { get; set; } = "";

    private protected PublishState State => new(StateDirectory, StateDirectory.Length > 0 ? Kept.GetOrAdd(() => new StateMemory()) : null);

    public void Cancel() => _cancellation.Cancel();

    public sealed override bool Execute()
    {
        var watch = Stopwatch.StartNew();
        try
        {
            ExecuteAsync(_cancellation.Token).GetAwaiter().GetResult();
            if (StateDirectory.Length > 0 && !Log.HasLoggedErrors)
                State.RecordStep(GetType().Name, watch.Elapsed);
        }
        catch (DiagnosticException e)
        {
            Report(e.Diagnostic);
            Detail(e.ToString());
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            // MSBuild has been told to stop and says so itself.
            return false;
        }
        catch (Exception e)
        {
            Report(e is IOException or UnauthorizedAccessException
                ? new Diagnostic(
                    DiagnosticCodes.FileSystemRefused,
                    $"{GetType().Name} could not read or write a file: {e.Message} Check that the folder exists, that there is room, and that this user may write there; then publish again. The steps after this one were not done.")
                : new Diagnostic(
                    DiagnosticCodes.InternalError,
                    $"{GetType().Name} met a fault that SupplyChain.Build did not expect: {e.Message} The steps after it were not done. Please report it with what dotnet publish -v:detailed prints."));
            Detail(e.ToString());
        }

        return !Log.HasLoggedErrors;
    }

    private protected KeptObjects Kept => new(BuildEngine, StateDirectory);

    /// <param name="settings">Include = name of a property, Value = its text.</param>
    private protected Settings Read(ITaskItem[] settings) => ProjectItems.Settings(settings, ProjectFile);

    /// <summary>The policy of the repository, held against these settings. Every demand that is not met is an error; the last one ends the task.</summary>
    /// <param name="tolerant">Report, and go on: for the target that explains.</param>
    private protected (Settings Settings, PolicyCheck? Policy, PolicyFile? File, SettingPlaces Places) WithPolicy(Settings settings, bool tolerant = false)
    {
        var globals = (BuildEngine as IBuildEngine6)?.GetGlobalProperties() ?? new Dictionary<string, string>();
        var places = new SettingPlaces(ProjectFile, globals, settings.List("GivenSettings"), Environment.GetEnvironmentVariable);
        if (PolicyFile.Find(settings.Path("SupplyChainPolicyFile"), settings.ProjectDirectory) is not { } file)
            return (settings, null, null, places);
        var check = new PolicyCheck(file, places);
        var (effective, violations) = check.Apply(settings);
        Refuse(violations, tolerant);
        return (effective, check, file, places);
    }

    private protected void Refuse(IEnumerable<Diagnostic> violations, bool tolerant = false)
    {
        var all = violations.ToList();
        all.SkipLast(tolerant ? 0 : 1).ToList().ForEach(Report);
        if (all.Count > 0 && !tolerant)
            throw new DiagnosticException(all[^1]);
    }

    private protected EarlyWork EarlyWork() => Kept.GetOrAdd(() => new EarlyWork(State.Plan.Read(), State, Runner));

    /// <summary>The tools of this publish: what is not on this machine is installed beside the other steps.</summary>
    private protected ToolShelf Tools => Kept.GetOrAdd(() => NewShelf(State.Plan.Read().Tools));

    /// <summary>Runs tools, each once it is installed and checked.</summary>
    private protected IToolRunner Runner => new CheckedToolRunner(new ToolRunner(), Tools);

    /// <param name="everySignature">Also of tools that were installed before and not verified then.</param>
    private protected static ToolShelf NewShelf(ToolProvision? tools, bool everySignature = false) => tools is null ? throw new InvalidOperationException("The plan does not say where tools are.") : new(
        tools.Folder, tools.Open(), TimeProvider.System, signatures: tools.Offline ? null : new ReleaseSignatures(new ToolRunner()), everySignature: everySignature);

    /// <summary>Waits for tools that are being installed, and says now and then how far that is.</summary>
    private protected Task ToolsReadyAsync(CancellationToken cancellationToken, params Tool?[] tools) => Tools.WaitAsync(tools, Say, TimeSpan.FromSeconds(5), cancellationToken);

    /// <summary>One connection to the destination for the whole publish.</summary>
    private protected Destination OpenDestination(PublishPlan plan)
    {
        var destination = Kept.GetOrAdd(() => NewDestination(plan));
        destination.Log = Detail;
        return destination;
    }

    private protected static Destination NewDestination(PublishPlan plan) => new(plan, Environment.GetEnvironmentVariable, TimeProvider.System);

    protected abstract Task ExecuteAsync(CancellationToken cancellationToken);

    /// <summary>Commands to a CI system, exactly so.</summary>
    private protected void PrintCommands(IReadOnlyList<string> commands)
    {
        foreach (var command in commands)
            Log.LogMessage(MessageImportance.High, "{0}", command);
    }

    /// <summary>The line of a step.</summary>
    protected void Say(string line) => Log.LogMessage(MessageImportance.High, "supply chain: {0}", line);

    protected void Detail(string text) => Log.LogMessage(MessageImportance.Low, "{0}", SingleLine.WithoutCommands(text));

    /// <summary>A path as people want to read it: from the project's folder on where it lies in it.</summary>
    protected string Relative(string path)
    {
        var relative = Path.GetRelativePath(Path.GetDirectoryName(ProjectFile)!, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    protected void Report(Diagnostic diagnostic)
    {
        var file = diagnostic.File ?? ProjectFile;
        var (code, link, line) = (diagnostic.Code.ToString(), diagnostic.Code.HelpLink, diagnostic.Line);
        // Messages quote what scanners, registries and packages say; nothing of it may become a line or a command of its own in a CI system's log.
        var message = SingleLine.Of(diagnostic.Message, 8000);
        if (diagnostic.Severity == DiagnosticSeverity.Error)
            Log.LogError(null, code, null, link, file, line, 0, 0, 0, "{0}", message);
        else
            Log.LogWarning(null, code, null, link, file, line, 0, 0, 0, "{0}", message);
    }
}
