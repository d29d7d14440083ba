namespace SupplyChain.Core.Sboms;

/// <summary>
/// Properties by which Trivy finds in a CycloneDX document what it knew when it wrote one (aquasecurity/trivy, pkg/sbom/core/bom.go).
/// Without the source package, Debian and Ubuntu advisories for a binary of another name are missed.
/// </summary>
internal static class TrivyProperties
{
    public const string Class = "aquasecurity:trivy:Class";
    public const string Type = "aquasecurity:trivy:Type";
    public const string FilePath = "aquasecurity:trivy:FilePath";
    public const string LayerDiffId = "aquasecurity:trivy:LayerDiffID";
    public const string LayerDigest = "aquasecurity:trivy:LayerDigest";
    public const string ModularityLabel = "aquasecurity:trivy:Modularitylabel";
    public const string PackageId = "aquasecurity:trivy:PkgID";
    public const string PackageType = "aquasecurity:trivy:PkgType";
    public const string SourceEpoch = "aquasecurity:trivy:SrcEpoch";
    public const string SourceName = "aquasecurity:trivy:SrcName";
    public const string SourceRelease = "aquasecurity:trivy:SrcRelease";
    public const string SourceVersion = "aquasecurity:trivy:SrcVersion";
}
