namespace SupplyChain.Core.Diagnostics;

/// <summary>Whether a diagnostic fails the build.</summary>
public enum DiagnosticSeverity
{
    Warning,
    Error,
}

/// <summary>
/// A message for the user: what failed, by name; what to do; valid values. <see cref="File"/> and <see cref="Line"/> (1-based; 0 = unknown)
/// say where to change something.
/// </summary>
public sealed record Diagnostic(DiagnosticCode Code, string Message, string? File = null, int Line = 0)
{
    /// <summary>The code's own severity, unless this one case differs.</summary>
    public DiagnosticSeverity Severity { get; init; } = Code.Severity;

    public override string ToString() => $"{Severity.ToString().ToLowerInvariant()} {Code}: {Message}";
}

/// <summary>
/// Ends a step with a message for the user. The task boundary turns it into an MSBuild error; nothing else catches it for good.
/// See docs/decisions/0001-expected-failures.md for why this is an exception.
/// </summary>
public sealed class DiagnosticException : Exception
{
    public DiagnosticException(DiagnosticCode code, string message, Exception? cause = null)
        : this(new Diagnostic(code, message), cause)
    {
    }

    public DiagnosticException(Diagnostic diagnostic, Exception? cause = null)
        : base(diagnostic.Message, cause) => Diagnostic = diagnostic;

    public Diagnostic Diagnostic { get; }
}
