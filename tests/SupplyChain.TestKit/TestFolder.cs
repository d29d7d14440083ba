namespace SupplyChain.TestKit;

/// <summary>A new, empty folder under the temporary path; deleted with everything in it at the end of the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder() => Path = Directory.CreateTempSubdirectory("supplychain-").FullName;

    /// <summary>The absolute path, without a slash at the end.</summary>
    public string Path { get; }

    /// <summary>The absolute path of a file in this folder; <paramref name="name"/> may have folders in it. Nothing is created.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The test itself removed it.
        }
        catch (IOException)
        {
            // A process that is just ending may still write here. A folder left in the temporary path is no reason to fail a test.
        }
    }
}
