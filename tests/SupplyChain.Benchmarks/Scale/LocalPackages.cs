using System.IO.Compression;
using System.Reflection;
using System.Reflection.Emit;
using System.Text;

namespace SupplyChain.Benchmarks.Scale;

/// <summary>
/// Small NuGet packages in a folder feed, to be really restored: a nuspec as real ones have it, one assembly with one public class, and up to four other packages
/// that each brings in.
/// </summary>
internal static class LocalPackages
{
    /// <summary>So many of them are the project's own; they bring in the others.</summary>
    public const int Direct = 50;

    public static void Write(string feed, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var package = ZipFile.Open(Path.Combine(feed, $"{Id(i)}.1.0.0.nupkg"), ZipArchiveMode.Create);
            Add(package, $"{Id(i)}.nuspec", Encoding.UTF8.GetBytes(Nuspec(i, count)));
            Add(package, $"lib/net10.0/{Id(i)}.dll", Assembly(i));
        }
    }

    /// <summary>What stands in the project file.</summary>
    public static string References() => string.Join('\n', Enumerable.Range(0, Direct).Select(i => $"""<PackageReference Include="{Id(i)}" Version="1.0.0" />"""));

    /// <summary>Package 49 brings in 50 to 53, these 54 to 57, and so on: a tree of some depth, in which each stands once.</summary>
    private static string Nuspec(int i, int count)
    {
        var brought = Enumerable.Range(Direct + ((i - Direct + 1) * 4), 4).Where(_ => i >= Direct - 1).Where(other => other < count);
        return $"""
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>{Id(i)}</id><version>1.0.0</version><authors>Contoso Corporation</authors>
            <license type="expression">MIT</license><projectUrl>https://contoso.example/packages/{i}</projectUrl><description>{new string('d', 300)}</description>
            <repository type="git" url="https://github.com/contoso/package-{i}" commit="{new string('f', 40)}" />
            <dependencies><group targetFramework="net10.0">{string.Concat(brought.Select(other => $"""<dependency id="{Id(other)}" version="1.0.0" />"""))}</group></dependencies></metadata></package>
            """;
    }

    private static byte[] Assembly(int i)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(Id(i)) { Version = new Version(1, 0, 0, 0) }, typeof(object).Assembly);
        assembly.DefineDynamicModule(Id(i)).DefineType($"Contoso.Class{i}", TypeAttributes.Public | TypeAttributes.Class).CreateType();
        var content = new MemoryStream();
        assembly.Save(content);
        return content.ToArray();
    }

    private static void Add(ZipArchive package, string name, byte[] content)
    {
        using var entry = package.CreateEntry(name, CompressionLevel.Fastest).Open();
        entry.Write(content);
    }

    private static string Id(int i) => $"Contoso.Package{i}";
}
