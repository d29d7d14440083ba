namespace SupplyChain.Core.Scanning;

/// <summary>A setting in a Dockerfile, in Kubernetes YAML, in Terraform, that a check of the scanner calls wrong.</summary>
/// <param name="Id">The check: DS001, KSV014, AVD-AWS-0086.</param>
/// <param name="Path">From the scanned folder on, or the resource of a cluster.</param>
/// <param name="Line">1-based; 0: unknown.</param>
public sealed record Misconfiguration(string Id, Severity Severity, string Title, string Message, string Resolution, string Path, int Line, string? Url);
