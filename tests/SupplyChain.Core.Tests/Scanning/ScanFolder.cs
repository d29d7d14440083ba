using SupplyChain.Core.Images;
using SupplyChain.Core.Scanning;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>A folder with everything one scan needs.</summary>
internal sealed class ScanFolder : IDisposable
{
    public static readonly Platform Amd64 = new("linux", "amd64");
    public static readonly Platform Arm64 = new("linux", "arm64", "v8");

    private readonly TestFolder _folder = new();

    public string Cache => _folder.File("trivy cache");

    public string Output => _folder.File("output");

    public string Work => _folder.File("wörk folder");

    public string Database => Path.Combine(Cache, "db");

    public string File(string name) => _folder.File(name);

    /// <summary>An image of one platform, its inventory, and a cache folder that nobody else uses.</summary>
    public ScanRequest Request() => Request((Amd64, [TestImage.Debian(), TestImage.Application()]));

    public ScanRequest Request(params (Platform Platform, Dictionary<string, string>[] Layers)[] images)
    {
        var inventory = _folder.File("inventory.cdx.json");
        System.IO.File.WriteAllText(inventory, TestImage.Inventory);
        return new ScanRequest(TestImage.Write(_folder.File("image"), images), Work, Output, Environment()) { InventoryFile = inventory, CacheDirectory = Cache };
    }

    /// <summary>A database file that nobody reads, for scans by a fake.</summary>
    public void WriteFakeDatabase(string nextUpdate = "2099-01-01T00:00:00Z", string updatedAt = "2026-11-23T06:00:00.123456789Z")
    {
        Directory.CreateDirectory(Database);
        System.IO.File.WriteAllText(Path.Combine(Database, "trivy.db"), "");
        System.IO.File.WriteAllText(
            Path.Combine(Database, "metadata.json"), $$"""{"Version":2,"NextUpdate":"{{nextUpdate}}","UpdatedAt":"{{updatedAt}}","DownloadedAt":"{{updatedAt}}"}""");
    }

    /// <summary>This process's own variables, without Trivy's.</summary>
    public static Dictionary<string, string> Environment() => System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
        .Select(entry => ((string)entry.Key, (string)entry.Value!))
        .Where(entry => !entry.Item1.StartsWith("TRIVY_", StringComparison.Ordinal))
        .ToDictionary(entry => entry.Item1, entry => entry.Item2);

    public void Dispose() => _folder.Dispose();
}
