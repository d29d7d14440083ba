using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Sboms;

/// <summary>The application, its referenced projects and its NuGet packages as components.</summary>
internal sealed class ApplicationPart
{
    private const int MaximumDescription = 200;

    /// <summary>A runtime pack has two hundred files; they are its own affair.</summary>
    private const int MostFiles = 50;

    private readonly SpdxLicenses _licenses;
    private readonly ProjectInventory _inventory;

    /// <param name="runtime">bom-refs of a runtime that is not among the packages: it is in the base image.</param>
    public ApplicationPart(ProjectInventory inventory, SpdxLicenses licenses, IReadOnlyList<string>? runtime = null)
    {
        _licenses = licenses;
        _inventory = inventory;
        var application = inventory.Application;
        Component = new Component(ComponentType.Application, $"application:{inventory.Name}@{inventory.Version}", inventory.Name, inventory.Version)
        {
            Supplier = application.Publisher,
            SupplierUrl = application.Publisher is null ? null : application.Website ?? application.RepositoryUrl,
            Hashes = application.Sha512 is { } hash ? [new Hash("SHA-512", hash)] : [],
            Licenses = application.LicenseExpression is { } license ? [licenses.Classify(license)] : [],
            ExternalReferences = [.. References(null, application.RepositoryUrl, application.Commit, application.Website)],
            Files = application.File is { } file ? [$"{application.Directory}/{file}"] : [],

            // Trivy takes the packages that depend from here for those of one .NET application.
            Properties =
            [
                new Property(TrivyProperties.Class, "lang-pkgs"),
                new Property(TrivyProperties.Type, "dotnet-core"),
                .. BsiProperties.Of(application.File ?? inventory.Name, executable: true, archive: false),
            ],
        };

        var projects = inventory.Projects.Select(project => new Part(project.Name, project.Dependencies, Project(project)));
        var packages = inventory.Packages.Select(package => new Part(package.Id, package.Dependencies, Package(package)));
        var parts = projects.Concat(packages).OrderBy(part => part.Component.BomRef, StringComparer.Ordinal).DistinctBy(part => part.Component.BomRef, StringComparer.Ordinal).ToList();
        var refs = parts.ToLookup(part => part.Name, part => part.Component.BomRef, StringComparer.OrdinalIgnoreCase);

        Parts = [.. parts.Select(part => part.Component)];
        Dependencies = [Edges(Component.BomRef, inventory.Dependencies, runtime ?? []), .. parts.Select(part => Edges(part.Component.BomRef, part.Dependencies, []))];
        BuildOnly = [.. inventory.NotShipped.Select(Package).DistinctBy(component => component.BomRef, StringComparer.Ordinal).OrderBy(component => component.BomRef, StringComparer.Ordinal)];
        Composition = new Composition(inventory.Gaps.Count == 0 ? "complete" : "incomplete", [Component.BomRef], [.. Dependencies.Select(dependency => dependency.Ref)]);

        Dependency Edges(string from, IReadOnlyList<string> to, IReadOnlyList<string> others) =>
            new(from, [.. to.SelectMany(id => refs[id]).Concat(others).Where(target => target != from).Distinct().Order(StringComparer.Ordinal)]);
    }

    public Component Component { get; }

    /// <summary>Ordered by bom-ref.</summary>
    public IReadOnlyList<Component> Parts { get; }

    public IReadOnlyList<Dependency> Dependencies { get; }

    public Composition Composition { get; }

    /// <summary>What took part in the build and does not ship. Ordered by bom-ref.</summary>
    public IReadOnlyList<Component> BuildOnly { get; }

    private Component Project(ReferencedProject project) => new(ComponentType.Library, $"project:{project.Name}@{project.Version}", project.Name, project.Version)
    {
        Supplier = _inventory.Application.Publisher,
        Properties = [.. BsiProperties.Of($"{project.Name}.dll", executable: true, archive: false)],
    };

    private Component Package(NuGetPackage package) => new(ComponentType.Library, package.Purl, package.Id, package.Version)
    {
        Purl = package.Purl,
        Supplier = package.Authors,
        SupplierUrl = package.Authors is null ? null : package.ProjectUrl ?? package.RepositoryUrl,
        Authors = package.Authors?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        Description = Shorten(package.Description),
        Hashes = package.Sha512 is { } hash ? [new Hash("SHA-512", hash)] : [],
        Licenses = License(package) is { } license ? [license] : [],
        ExternalReferences = [.. References(package.Source, package.RepositoryUrl, package.RepositoryCommit, package.ProjectUrl)],
        Files = package.Files.Count > MostFiles ? [] : [.. package.Files.Select(file => $"{_inventory.Application.Directory}/{file}")],
        Properties = [.. Properties(package), .. BsiProperties.OfPackage($"{package.Id}.{package.Version}.nupkg".ToLowerInvariant())],
    };

    private License? License(NuGetPackage package) =>
        package.LicenseExpression is { } expression ? _licenses.Classify(expression)
        : package.LicenseFile is { } file ? new License(null, $"{file} (a file in the package)", null)
        : package.LicenseUrl is { } url ? new License(null, "see URL", null, url)
        : null;

    private static IEnumerable<ExternalReference> References(string? source, string? repository, string? commit, string? website)
    {
        if (source is not null)
            yield return new ExternalReference("distribution", source);
        if (repository is not null)
            yield return new ExternalReference("vcs", repository, commit is null ? null : $"commit {commit}");
        if (website is not null)
            yield return new ExternalReference("website", website);
    }

    private static IEnumerable<Property> Properties(NuGetPackage package)
    {
        if (package.NotShipped is { } reason)
            yield return new Property("supplychain:notShipped", reason.ToString());
        else
            yield return new Property("supplychain:reference", package.IsDirect ? "direct" : "transitive");
        foreach (var rid in package.RuntimeIdentifiers)
            yield return new Property("supplychain:runtimeIdentifier", rid);
    }

    private static string? Shorten(string? text)
    {
        if (text is null || text.Length <= MaximumDescription)
            return text;
        return text[..(char.IsHighSurrogate(text[MaximumDescription - 2]) ? MaximumDescription - 2 : MaximumDescription - 1)] + "…";
    }

    /// <summary>A type of its own rather than a tuple: LINQ over tuples is compiled anew in every build.</summary>
    private sealed record Part(string Name, IReadOnlyList<string> Dependencies, Component Component);
}
