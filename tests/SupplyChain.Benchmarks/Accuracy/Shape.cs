namespace SupplyChain.Benchmarks.Accuracy;

/// <param name="Name">For people.</param>
/// <param name="Arguments">What makes <c>dotnet publish</c> give this shape.</param>
/// <param name="References">PackageReference and ProjectReference items; null: those of the whole sample application.</param>
/// <param name="Program">The program's text; null: the whole sample application's.</param>
internal sealed record Shape(string Name, string[] Arguments, string? References = null, string? Program = null)
{
    private static readonly string[] FrameworkDependent = ["-r", "linux-x64", "--self-contained", "false"];

    public string Folder => Name.Replace(",", "", StringComparison.Ordinal).Replace(' ', '-');

    public bool IsNative => Arguments.Contains("-p:PublishAot=true");

    public static IReadOnlyList<Shape> All { get; } =
    [
        new("framework-dependent", FrameworkDependent),
        new("self-contained", ["-r", "linux-x64", "--self-contained", "true"]),
        new("single file", [.. FrameworkDependent, "-p:PublishSingleFile=true"]),
        new("trimmed, single file", ["-r", "linux-x64", "--self-contained", "true", "-p:PublishTrimmed=true", "-p:PublishSingleFile=true"]),
        new("Native AOT", ["-r", "linux-x64", "-p:PublishAot=true", "-p:IlcGenerateMapFile=true"]),
        new("ReadyToRun", [.. FrameworkDependent, "-p:PublishReadyToRun=true"]),
        new("another platform", ["-r", "linux-arm64", "--self-contained", "false"]),
        new("no dependency file", [.. FrameworkDependent, "-p:GenerateDependencyFile=false"]),
        new("central versions", FrameworkDependent, """<PackageReference Include="Newtonsoft.Json" /><PackageReference Include="Humanizer.Core" />""", "Console.WriteLine(Newtonsoft.Json.Linq.JObject.Parse(\"{}\"));"),
        new("project references", FrameworkDependent, """<ProjectReference Include="Orders/Orders.csproj" />""", "Orders.Write();"),
        new("supplied by the runtime", FrameworkDependent, """<PackageReference Include="System.Text.Json" /><PackageReference Include="Newtonsoft.Json" />""", "Console.WriteLine(Newtonsoft.Json.Linq.JObject.Parse(\"{}\"));"),
        new("development only", FrameworkDependent, """<PackageReference Include="StyleCop.Analyzers" PrivateAssets="all" /><PackageReference Include="Microsoft.SourceLink.GitHub" PrivateAssets="all" /><PackageReference Include="Newtonsoft.Json" />""", "Console.WriteLine(Newtonsoft.Json.Linq.JObject.Parse(\"{}\"));"),
        new("native assets", FrameworkDependent, """<PackageReference Include="Microsoft.Data.Sqlite" />""", "using var connection = new Microsoft.Data.Sqlite.SqliteConnection(); Console.WriteLine(connection);"),
    ];
}
