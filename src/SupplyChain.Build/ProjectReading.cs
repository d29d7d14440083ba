using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build;

/// <summary>
/// What the application's bill of materials is made of, which goes into the image: the SDK waits for it. So it is read from the first moment on, while the settings are still being
/// checked; it depends on none of them.
/// </summary>
internal sealed class ProjectReading : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    private ProjectReading(string projectFile, ProjectInventoryRequest? request)
    {
        // Task.Run: nothing of this may run on MSBuild's own thread.
        SourceDate = Task.Run(() => Core.Publishing.SourceDate.ReadAsync(Package.Machine, new ToolRunner(), Path.GetDirectoryName(projectFile)!, _stop.Token));
        Inventory = request is null ? null : Task.Run(() => ProjectInventoryReader.ReadAsync(request, _stop.Token));
    }

    /// <summary>When the sources were committed.</summary>
    public Task<DateTimeOffset> SourceDate { get; }

    /// <summary>Null: it cannot be read before the plan is there.</summary>
    public Task<ProjectInventory>? Inventory { get; }

    /// <param name="published">Empty with several runtime identifiers: their inner builds know.</param>
    public static ProjectReading Begin(string projectFile, Settings settings, IReadOnlyList<PublishedFile> published)
    {
        try
        {
            return new ProjectReading(projectFile, published.Count > 0 ? ProjectRequests.From(settings, published) : null);
        }
        catch (DiagnosticException)
        {
            // Whoever reads the settings says it, in their order.
            return new ProjectReading(projectFile, null);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        Task.WhenAny(Task.WhenAll(SourceDate, Inventory ?? Task.CompletedTask), Task.Delay(TimeSpan.FromSeconds(5))).GetAwaiter().GetResult();
    }
}
