using static SupplyChain.Core.Diagnostics.DiagnosticSeverity;

namespace SupplyChain.Core.Diagnostics;

/// <summary>
/// The table of all codes. A number is never used twice, not even after its message is gone. Each has a section in docs/diagnostics.md
/// and is raised by a test.
/// Ranges: 01xx environment and settings, 10xx image, 15xx project, 20xx SBOM, 30xx scan, 35xx gate, 40xx registry, 50xx signing,
/// 55xx attestation, 58xx verification, 60xx policies, manifests and registries, 70xx tools, 90xx our own bug.
/// </summary>
public static class DiagnosticCodes
{
    // 01xx environment and settings
    public static readonly DiagnosticCode SdkTooOld = new(0101, Error);
    public static readonly DiagnosticCode UnknownValue = new(0103, Error);
    public static readonly DiagnosticCode TestProjectPublished = new(0104, Warning);
    public static readonly DiagnosticCode WindowsContainer = new(0105, Error);
    public static readonly DiagnosticCode DockerFormatIgnored = new(0106, Warning);
    public static readonly DiagnosticCode IntermediateFolderUnusable = new(0107, Error);
    public static readonly DiagnosticCode FileSystemRefused = new(0108, Error);
    public static readonly DiagnosticCode StateUnusable = new(0109, Error);
    public static readonly DiagnosticCode CertificateAuthorityUnusable = new(0111, Error);
    public static readonly DiagnosticCode PolicyLoosened = new(0120, Error);
    public static readonly DiagnosticCode PolicyUnusable = new(0121, Error);

    // 10xx image
    public static readonly DiagnosticCode ArchiveUnreadable = new(1001, Error);
    public static readonly DiagnosticCode ArchiveHostile = new(1002, Error);
    public static readonly DiagnosticCode BlobMismatch = new(1003, Error);
    public static readonly DiagnosticCode BlobMissing = new(1004, Error);
    public static readonly DiagnosticCode ImageChanged = new(1005, Error);
    public static readonly DiagnosticCode ImageMalformed = new(1006, Error);
    public static readonly DiagnosticCode LayoutUnwritable = new(1007, Error);
    public static readonly DiagnosticCode ArchiveUnwritable = new(1008, Error);
    public static readonly DiagnosticCode LoadFailed = new(1010, Error);
    public static readonly DiagnosticCode LoadSkipped = new(1011, Warning);
    public static readonly DiagnosticCode BaseImageNotAllowed = new(1020, Error);
    public static readonly DiagnosticCode BaseImageNotPinned = new(1021, Error);
    public static readonly DiagnosticCode BaseImageLockUnusable = new(1022, Error);
    public static readonly DiagnosticCode BaseImageNotVerified = new(1023, Error);
    public static readonly DiagnosticCode BaseImageUnknown = new(1024, Error);

    // 15xx project
    public static readonly DiagnosticCode AssetsFileUnreadable = new(1501, Error);
    public static readonly DiagnosticCode RestoreOutdated = new(1502, Warning);

    // 20xx SBOM
    public static readonly DiagnosticCode SbomIncomplete = new(2001, Warning);
    public static readonly DiagnosticCode SbomTooLarge = new(2002, Warning);
    public static readonly DiagnosticCode LicenseExpressionInvalid = new(2003, Warning);
    public static readonly DiagnosticCode PackageFolderMissing = new(2004, Warning);
    public static readonly DiagnosticCode NuspecUnusable = new(2005, Warning);
    public static readonly DiagnosticCode PackageHashUnknown = new(2006, Warning);

    // 30xx scan
    public static readonly DiagnosticCode ScannerFailed = new(3001, Error);
    public static readonly DiagnosticCode ScannerReportUnusable = new(3002, Error);
    public static readonly DiagnosticCode ScannedOtherImage = new(3003, Error);
    public static readonly DiagnosticCode DatabaseUnavailable = new(3004, Error);
    public static readonly DiagnosticCode NothingRecognised = new(3005, Error);
    public static readonly DiagnosticCode ScannerTooOld = new(3006, Error);
    public static readonly DiagnosticCode DatabaseTooOld = new(3007, Error);
    public static readonly DiagnosticCode TrivyServerUnusable = new(3008, Error);
    public static readonly DiagnosticCode ScannerSchemaUnknown = new(3009, Error);

    // 35xx gate
    public static readonly DiagnosticCode GateFailed = new(3500, Error);
    public static readonly DiagnosticCode PackageVulnerable = new(3501, Error);
    public static readonly DiagnosticCode BaseImageVulnerable = new(3502, Error);
    public static readonly DiagnosticCode WaiverUnused = new(3503, Warning);
    public static readonly DiagnosticCode WaiverExpired = new(3504, Error);
    public static readonly DiagnosticCode WaiverMalformed = new(3505, Error);
    public static readonly DiagnosticCode WaiverWithoutEnd = new(3506, Warning);
    public static readonly DiagnosticCode BaseImageEndOfLife = new(3507, Error);
    public static readonly DiagnosticCode SecretInImage = new(3508, Error);
    public static readonly DiagnosticCode VexUnusable = new(3509, Error);
    public static readonly DiagnosticCode Misconfigured = new(3510, Error);
    public static readonly DiagnosticCode SecretInSources = new(3511, Error);
    public static readonly DiagnosticCode ClusterResourceVulnerable = new(3512, Error);
    public static readonly DiagnosticCode ClusterContextMissing = new(3514, Error);

    // 40xx registry
    public static readonly DiagnosticCode RegistryUnreachable = new(4001, Error);
    public static readonly DiagnosticCode RegistryRefusedCredentials = new(4002, Error);
    public static readonly DiagnosticCode RegistryError = new(4003, Error);
    public static readonly DiagnosticCode RegistryReadBackDiffers = new(4004, Error);
    public static readonly DiagnosticCode AuthenticationHostNotTrusted = new(4005, Error);
    public static readonly DiagnosticCode CredentialHelperFailed = new(4006, Error);
    public static readonly DiagnosticCode CredentialFileUnreadable = new(4007, Error);
    public static readonly DiagnosticCode RegistryNameUnusable = new(4008, Error);
    public static readonly DiagnosticCode PushRefused = new(4009, Error);
    public static readonly DiagnosticCode TagPointsElsewhere = new(4010, Error);
    public static readonly DiagnosticCode TagUnusable = new(4011, Error);
    public static readonly DiagnosticCode PushTooSlow = new(4012, Error);
    public static readonly DiagnosticCode OnlyLatest = new(4013, Warning);
    public static readonly DiagnosticCode LayoutDamaged = new(4020, Error);
    public static readonly DiagnosticCode LayoutBusy = new(4021, Error);

    // 50xx signing
    public static readonly DiagnosticCode NothingToSignWith = new(5002, Error);
    public static readonly DiagnosticCode KeyUnusable = new(5003, Error);
    public static readonly DiagnosticCode KeyTextInProperty = new(5004, Error);
    public static readonly DiagnosticCode SigningFailed = new(5005, Error);
    public static readonly DiagnosticCode KeyWithoutPassword = new(5006, Warning);
    public static readonly DiagnosticCode SigningSettingsUnusable = new(5007, Error);
    public static readonly DiagnosticCode CertificateOfAnother = new(5008, Error);
    public static readonly DiagnosticCode CosignVulnerable = new(5009, Warning);
    public static readonly DiagnosticCode KeyInSources = new(5010, Warning);

    // 55xx attestation
    public static readonly DiagnosticCode AttachFailed = new(5501, Error);
    public static readonly DiagnosticCode EvidenceUnusable = new(5502, Error);
    public static readonly DiagnosticCode AttestationTooLarge = new(5503, Error);

    // 58xx verification
    public static readonly DiagnosticCode VerificationFailed = new(5801, Error);
    public static readonly DiagnosticCode EvidenceIncomplete = new(5802, Error);
    public static readonly DiagnosticCode PolicyNotMet = new(5803, Error);

    // 60xx policies, manifests and registries around the cluster
    public static readonly DiagnosticCode NothingPublished = new(6001, Error);
    public static readonly DiagnosticCode PolicySignerUnknown = new(6002, Error);
    public static readonly DiagnosticCode PolicyFormatUnsuitable = new(6003, Error);
    public static readonly DiagnosticCode PolicyPatternUnusable = new(6004, Error);
    public static readonly DiagnosticCode PolicyRefusesOwnImage = new(6005, Error);
    public static readonly DiagnosticCode ManifestUnusable = new(6010, Error);
    public static readonly DiagnosticCode ManifestNotPinned = new(6011, Error);
    public static readonly DiagnosticCode NothingToPin = new(6012, Warning);
    public static readonly DiagnosticCode RegistryConfigurationUnusable = new(6020, Error);

    // 70xx tools
    public static readonly DiagnosticCode ToolMissing = new(7001, Error);
    public static readonly DiagnosticCode ToolTimedOut = new(7002, Error);
    public static readonly DiagnosticCode ToolUnusable = new(7003, Error);
    public static readonly DiagnosticCode ToolHashMismatch = new(7004, Error);
    public static readonly DiagnosticCode ToolArchiveRefused = new(7005, Error);
    public static readonly DiagnosticCode ToolSignatureInvalid = new(7006, Error);
    public static readonly DiagnosticCode ToolDenied = new(7007, Error);
    public static readonly DiagnosticCode ToolDownloadFailed = new(7008, Error);
    public static readonly DiagnosticCode ToolChanged = new(7009, Error);
    public static readonly DiagnosticCode ToolPinUnusable = new(7010, Error);
    public static readonly DiagnosticCode ToolsSourceUnusable = new(7011, Error);
    public static readonly DiagnosticCode AirGapBundleUnusable = new(7012, Error);
    public static readonly DiagnosticCode ToolsFolderUnusable = new(7013, Error);

    // 90xx our own bug
    public static readonly DiagnosticCode InternalError = new(9001, Error);
}
