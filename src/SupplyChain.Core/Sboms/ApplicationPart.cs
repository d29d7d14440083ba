using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Sboms;

/// <summary>The application, its referenced projects and its NuGet packages as components.</summary>
internal sealed class ApplicationPart
{
    private const int MaximumDescription = 200;

    private readonly SpdxLicenses _licenses;

    public ApplicationPart(ProjectInventory inventory, SpdxLicenses licenses)
    {
        _licenses = licenses;
        Component = new Component(ComponentType.Application, $"application:{inventory.Name}@{inventory.Version}", inventory.Name, inventory.Version)
        {
            // Trivy takes the packages that depend from here for those of one .NET application.
            Properties = [new Property(TrivyProperties.Class, "lang-pkgs"), new Property(TrivyProperties.Type, "dotnet-core")],
        };

        var projects = inventory.Projects.Select(project => new Part(project.Name, project.Dependencies, Project(project)));
        var packages = inventory.Packages.Select(package => new Part(package.Id, package.Dependencies, Package(package)));
        var parts = projects.Concat(packages).OrderBy(part => part.Component.BomRef, StringComparer.Ordinal).DistinctBy(part => part.Component.BomRef, StringComparer.Ordinal).ToList();
        var refs = parts.ToLookup(part => part.Name, part => part.Component.BomRef, StringComparer.OrdinalIgnoreCase);

        Parts = [.. parts.Select(part => part.Component)];
        Dependencies = [Edges(Component.BomRef, inventory.Dependencies), .. parts.Select(part => Edges(part.Component.BomRef, part.Dependencies))];
        Composition = new Composition(inventory.Gaps.Count == 0 ? "complete" : "incomplete", [Component.BomRef], [.. Dependencies.Select(dependency => dependency.Ref)]);

        Dependency Edges(string from, IReadOnlyList<string> to) =>
            new(from, [.. to.SelectMany(id => refs[id]).Where(target => target != from).Distinct().Order(StringComparer.Ordinal)]);
    }

    public Component Component { get; }

    /// <summary>Ordered by bom-ref.</summary>
    public IReadOnlyList<Component> Parts { get; }

    public IReadOnlyList<Dependency> Dependencies { get; }

    public Composition Composition { get; }

    private static Component Project(ReferencedProject project) => new(ComponentType.Library, $"project:{project.Name}@{project.Version}", project.Name, project.Version);

    private Component Package(NuGetPackage package) => new(ComponentType.Library, package.Purl, package.Id, package.Version)
    {
        Purl = package.Purl,
        Supplier = package.Authors,
        Authors = package.Authors?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        Description = Shorten(package.Description),
        Hashes = package.Sha512 is { } hash ? [new Hash("SHA-512", hash)] : [],
        Licenses = License(package) is { } license ? [license] : [],
        ExternalReferences = [.. References(package)],
    };

    private License? License(NuGetPackage package) =>
        package.LicenseExpression is { } expression ? _licenses.Classify(expression)
        : package.LicenseFile is { } file ? new License(null, $"{file} (a file in the package)", null)
        : package.LicenseUrl is { } url ? new License(null, "see URL", null, url)
        : null;

    private static IEnumerable<ExternalReference> References(NuGetPackage package)
    {
        if (package.Source is { } source)
            yield return new ExternalReference("distribution", source);
        if (package.RepositoryUrl is { } repository)
            yield return new ExternalReference("vcs", repository, package.RepositoryCommit is { } commit ? $"commit {commit}" : null);
        if (package.ProjectUrl is { } website)
            yield return new ExternalReference("website", website);
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
