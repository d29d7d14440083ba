using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Reports;

/// <summary>What every report is made of. The same input gives the same files.</summary>
/// <param name="Image">What the image is called: repository at digest, with a registry where one is configured.</param>
/// <param name="Root">Absolute path of the repository (else the project's folder): files are named from here on.</param>
/// <param name="Now">The moment of the decision.</param>
internal sealed record ReportInput(
    ScanReport Report, GateVerdict Verdict, GatePolicy Policy, ProjectInventory Inventory, ImageReference Image, string Root, DateTimeOffset Now, string ToolVersion)
{
    /// <summary>The image's bytes, for its layers; null: not known.</summary>
    public ImageLayout? Layout { get; init; }

    /// <summary>Files of the evidence: name and digest.</summary>
    public IReadOnlyList<(string Name, Digest Content)> Evidence { get; init; } = [];

    /// <summary>A file as people and CI systems name it: from the repository on, with '/'. Null: it lies elsewhere.</summary>
    public string? Relative(string? file)
    {
        var relative = System.IO.Path.GetRelativePath(Root, file ?? Inventory.ProjectFile).Replace('\\', '/');
        return relative.StartsWith("../", StringComparison.Ordinal) || System.IO.Path.IsPathRooted(relative) ? null : relative;
    }

    /// <summary>The nearest folder above the project that holds a Git repository; else the project's own.</summary>
    public static string FindRoot(string projectFile)
    {
        var project = System.IO.Path.GetDirectoryName(projectFile)!;
        for (var folder = project; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            // A file in worktrees and submodules.
            if (System.IO.Path.Combine(folder, ".git") is var git && (Directory.Exists(git) || File.Exists(git)))
                return folder;
        }

        return project;
    }
}
