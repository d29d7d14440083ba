namespace SupplyChain.TestKit;

/// <summary>A small project in a folder of its own, as a user would write it, with one reference to the packed package.</summary>
internal sealed class TestProject
{
    private readonly DotnetCli _dotnet;

    public TestProject(DotnetCli dotnet, string directory, string packageFeed, string name = "HelloApi")
    {
        (_dotnet, Directory, Name) = (dotnet, directory, name);
        System.IO.Directory.CreateDirectory(directory);
        Write("nuget.config", $"""
            <configuration>
              <packageSources>
                <add key="feed" value="{packageFeed}" />
              </packageSources>
            </configuration>
            """);
        // What lies above the temporary folder is nobody's business.
        Write("Directory.Build.props", "<Project />");
        Write("Directory.Build.targets", "<Project />");
        Write("Directory.Packages.props", "<Project />");
        Write("Program.cs", """Console.WriteLine("hello");""");
        WriteProject();
    }

    public string Directory { get; }

    public string Name { get; }

    public string ProjectFile => Path($"{Name}.csproj");

    public string Path(string relative) => System.IO.Path.Combine(Directory, relative);

    public TestProject Write(string file, string text)
    {
        System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(file))!);
        File.WriteAllText(Path(file), text);
        return this;
    }

    public TestProject WriteProject(string properties = "", string items = "", string sdk = "Microsoft.NET.Sdk") => Write($"{Name}.csproj", $"""
        <Project Sdk="{sdk}">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <ContainerRepository>hello-api</ContainerRepository>
            {properties}
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="SupplyChain.Build" Version="0.1.0" PrivateAssets="all" />
            {items}
          </ItemGroup>
        </Project>
        """);

    public Task<DotnetRun> DotnetAsync(CancellationToken cancellationToken, params IReadOnlyList<string> arguments) =>
        _dotnet.RunAsync(Directory, arguments, cancellationToken);

    /// <summary>dotnet publish /t:PublishContainer, with a binary log in publish.binlog.</summary>
    public Task<DotnetRun> PublishAsync(CancellationToken cancellationToken, IReadOnlyList<string>? arguments = null, IReadOnlyDictionary<string, string?>? environment = null) =>
        _dotnet.RunAsync(Directory, ["publish", ProjectFile, "/t:PublishContainer", "-bl:publish.binlog", .. arguments ?? []], cancellationToken, environment);
}
