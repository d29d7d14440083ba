namespace SupplyChain.Core.Scanning;

/// <summary>Looks for known vulnerabilities in an image. It reports everything it knows and decides nothing: that is the gate's part.</summary>
public interface IScanner
{
    /// <exception cref="Diagnostics.DiagnosticException">
    /// SCB3001 the scanner failed; SCB3002 its report cannot be used; SCB3003 it looked at something else; SCB3004 no vulnerability database;
    /// SCB3005 it recognised nothing; SCB7002 the time limit is over.
    /// </exception>
    Task<ScanReport> ScanAsync(ScanRequest request, CancellationToken cancellationToken);
}
