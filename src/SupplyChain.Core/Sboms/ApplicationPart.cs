using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Sboms;

/// <summary>The application, its referenced projects and its NuGet packages as components.</summary>
internal sealed class ApplicationPart
{
    private const int MaximumDescription = 200;

    private readonly SpdxLicenses _licenses;
    private readonly ProjectInventory _inventory;
    private readonly bool _withFeeds;
    private readonly List<Gap> _remarks = [];

    /// <param name="withFeeds">Name the feed that a package came from. Not inside the image: which mirror served the same package must not change its bytes.</param>
    /// <param name="runtime">bom-refs of a runtime that is not among the packages: it is in the base image.</param>
    public ApplicationPart(ProjectInventory inventory, SpdxLicenses licenses, bool withFeeds, IReadOnlyList<string>? runtime = null)
    {
        (_licenses, _withFeeds) = (licenses, withFeeds);
        _inventory = inventory;
        var application = inventory.Application;
        Component = new Component(ComponentType.Application, $"application:{inventory.Name}@{inventory.Version}", inventory.Name, inventory.Version)
        {
            Supplier = application.Publisher,
            SupplierUrl = application.Publisher is null ? null : application.Website ?? application.RepositoryUrl,
            Hashes = application.Sha512 is { } hash ? [new Hash("SHA-512", hash)] : [],
            Licenses = ApplicationLicense,
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
        var loose = inventory.LooseFiles.Select(file => new Part(file.Name, [], Loose(file)));
        var parts = projects.Concat(packages).Concat(loose).OrderBy(part => part.Component.BomRef, StringComparer.Ordinal).DistinctBy(part => part.Component.BomRef, StringComparer.Ordinal).ToList();
        var refs = parts.ToLookup(part => part.Name, part => part.Component.BomRef, StringComparer.OrdinalIgnoreCase);

        Parts = [.. parts.Select(part => part.Component)];
        Dependencies = [Edges(Component.BomRef, inventory.Dependencies, (runtime ?? []).Concat(inventory.LooseFiles.Select(LooseRef))), .. parts.Select(part => Edges(part.Component.BomRef, part.Dependencies, []))];
        BuildOnly = [.. inventory.NotShipped.Select(Package).DistinctBy(component => component.BomRef, StringComparer.Ordinal).OrderBy(component => component.BomRef, StringComparer.Ordinal)];
        Composition = new Composition(!inventory.Gaps.Any(gap => gap.IsMissing) ? "complete" : "incomplete", [Component.BomRef], [.. Dependencies.Select(dependency => dependency.Ref)]);

        Dependency Edges(string from, IReadOnlyList<string> to, IEnumerable<string> others) =>
            new(from, [.. to.SelectMany(id => refs[id]).Concat(others).Where(target => target != from).Distinct().Order(StringComparer.Ordinal)]);
    }

    public Component Component { get; }

    /// <summary>Ordered by bom-ref.</summary>
    public IReadOnlyList<Component> Parts { get; }

    public IReadOnlyList<Dependency> Dependencies { get; }

    public Composition Composition { get; }

    /// <summary>What took part in the build and does not ship. Ordered by bom-ref.</summary>
    public IReadOnlyList<Component> BuildOnly { get; }

    /// <summary>What is not as it should be, though nothing is missing: licences that are no expressions. Of what ships.</summary>
    public IReadOnlyList<Gap> Remarks => _remarks;

    private IReadOnlyList<License> ApplicationLicense => _inventory.Application.LicenseExpression is { } license ? [Expression(license, _inventory.Name, _inventory.Version, ships: true)] : [];

    private Component Project(ReferencedProject project) => new(ComponentType.Library, $"project:{project.Name}@{project.Version}", project.Name, project.Version)
    {
        Supplier = _inventory.Application.Publisher,
        SupplierUrl = _inventory.Application.Publisher is null ? null : _inventory.Application.Website ?? _inventory.Application.RepositoryUrl,
        Hashes = project.Sha512 is { } hash ? [new Hash("SHA-512", hash)] : [],
        Files = project.File is { } file ? [InImage(file)] : [],
        Properties = [.. BsiProperties.Of($"{project.Name}.dll", executable: true, archive: false)],
    };

    private Component Loose(LooseFile file) => new(ComponentType.Library, LooseRef(file), file.Name, file.Version)
    {
        Supplier = file.Company,
        Hashes = file.Sha512 is { } hash ? [new Hash("SHA-512", hash)] : [],
        Files = file.Inside is { } inside ? [InImage(inside)] : [.. file.Files.Select(InImage)],
        Properties = [new Property("supplychain:reference", "file"), .. BsiProperties.Of(Path.GetFileName(file.Files[0]), executable: true, archive: false)],
    };

    /// <summary>Its path tells two of the same name apart, its hash two of the same path on two platforms.</summary>
    private static string LooseRef(LooseFile file) => $"file:{file.Files[0]}{(file.Version is { } version ? "@" + version : "")}{(file.Sha512 is { } hash ? "#" + hash[..16] : "")}";

    private string InImage(string file) => $"{_inventory.Application.Directory}/{file}";

    private Component Package(NuGetPackage package) => new(ComponentType.Library, package.Purl, package.Id, package.Version)
    {
        Purl = package.Purl,
        Supplier = package.Authors,
        SupplierUrl = package.Authors is null ? null : package.ProjectUrl ?? package.RepositoryUrl,
        Authors = package.Authors?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        Description = Shorten(package.Description),
        Hashes = package.Sha512 is { } hash ? [new Hash("SHA-512", hash)] : [],
        Licenses = License(package) is { } license ? [license] : [],
        ExternalReferences = [.. References(_withFeeds ? package.Source : null, package.RepositoryUrl, package.RepositoryCommit, package.ProjectUrl)],
        Files = [.. package.Files.Select(InImage)],
        Properties = [.. Properties(package), .. BsiProperties.OfPackage($"{package.Id}.{package.Version}.nupkg".ToLowerInvariant())],
    };

    private License? License(NuGetPackage package) =>
        package.LicenseExpression is { } expression ? Expression(expression, package.Id, package.Version, package.NotShipped is null)
        : package.LicenseFile is { } file ? new License(null, $"{file} (a file in the package)", null)
        : package.LicenseUrl is { } url ? new License(null, "see URL", null, url)
        : null;

    private License Expression(string text, string name, string version, bool ships)
    {
        var license = _licenses.Classify(text);

        // UNLICENSED is NuGet's own word for "all rights reserved".
        if (ships && license.Name is not null && text != "UNLICENSED")
            _remarks.Add(new Gap(GapKind.NotALicenseExpression, $"{name} {version} has the licence '{SingleLine.Of(text, 100)}', which is no SPDX licence expression, so the bill of materials has it as a mere name. Find out which licence it is; SPDX expressions look like MIT or Apache-2.0 OR MIT."));
        return license;
    }

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
