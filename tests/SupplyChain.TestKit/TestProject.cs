namespace SupplyChain.TestKit;

/// <summary>A small project in a folder of its own, as a user would write it, with one reference to the packed package.</summary>
internal sealed class TestProject
{
    private readonly DotnetCli _dotnet;
    private bool _isRestored;

    /// <summary>A copy of a project that has been restored.</summary>
    private TestProject(DotnetCli dotnet, string directory, string name) => (_dotnet, Directory, Name, _isRestored) = (dotnet, directory, name, true);

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
        if (System.IO.Path.GetExtension(file) is ".props" or ".csproj")
            _isRestored = false;
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

    /// <summary>What a user adds to every project of a repository: properties, items and targets that come after the package's own.</summary>
    public TestProject WriteTargets(string content) => Write("Directory.Build.targets", $"<Project>{content}</Project>");

    public Task<DotnetRun> DotnetAsync(CancellationToken cancellationToken, params IReadOnlyList<string> arguments) =>
        _dotnet.RunAsync(Directory, arguments, cancellationToken);

    /// <summary>dotnet publish /t:PublishContainer, with a binary log in publish.binlog.</summary>
    public async Task<DotnetRun> PublishAsync(CancellationToken cancellationToken, IReadOnlyList<string>? arguments = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        string[] restore = _isRestored ? ["--no-restore"] : [];
        return await _dotnet.RunAsync(Directory, ["publish", ProjectFile, "/t:PublishContainer", "-bl:publish.binlog", .. restore, .. arguments ?? []], cancellationToken, environment);
    }

    /// <summary>
    /// The same project in another folder, restored and built as this one is, at a tenth of the time: the folder's path is rewritten in what the build
    /// has written about it.
    /// </summary>
    public TestProject CopyTo(string directory)
    {
        foreach (var source in System.IO.Directory.EnumerateFiles(Directory, "*", SearchOption.AllDirectories))
        {
            var target = System.IO.Path.Combine(directory, System.IO.Path.GetRelativePath(Directory, source));
            System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            // The time stays, or the compiler would run again.
            File.Copy(source, target);
            if (System.IO.Path.GetExtension(source) is not (".json" or ".props" or ".targets" or ".txt" or ".editorconfig") || File.ReadAllText(source) is var text && !text.Contains(Directory, StringComparison.Ordinal))
                continue;
            File.WriteAllText(target, text.Replace(Directory, directory, StringComparison.Ordinal));
            File.SetLastWriteTimeUtc(target, File.GetLastWriteTimeUtc(source));
        }

        return new TestProject(_dotnet, directory, Name);
    }
}
