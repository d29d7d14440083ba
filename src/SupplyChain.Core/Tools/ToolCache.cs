namespace SupplyChain.Core.Tools;

/// <summary>
/// Where installed releases lie in the tools folder: <c>pinned/trivy-0.74.0-2ae6fe3ee734b7fd/trivy</c>. The name holds the pinned hash, so that an
/// entry never changes: another release is another folder.
/// </summary>
/// <param name="folder">The tools folder, absolute.</param>
internal sealed class ToolCache(string folder)
{
    public string Folder => folder;

    public string Releases => Path.Combine(folder, "pinned");

    public string Entry(ToolRelease release) => Path.Combine(Releases, release.FolderName);

    /// <summary>The program to run.</summary>
    public string Program(ToolRelease release) => Path.Combine(Entry(release), release.ProgramName);

    /// <summary>The file whose hash is pinned; it is kept, so that the program can be compared with it at any time. For a raw release it is the program.</summary>
    public string Download(ToolRelease release) => release.IsRaw ? Program(release) : Path.Combine(Entry(release), release.FileName);

    public string Signature(ToolRelease release) => Path.Combine(Entry(release), release.FileName + ".sigstore.json");

    public string Lock(ToolRelease release) => Path.Combine(Releases, release.FolderName + ".lock");

    /// <summary>What is known about files that have been looked at.</summary>
    public string Looks => Path.Combine(folder, "looked-at");
}
