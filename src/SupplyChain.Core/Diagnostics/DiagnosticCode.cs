namespace SupplyChain.Core.Diagnostics;

/// <summary>A stable code with a section of its own in docs/diagnostics.md.</summary>
public sealed record DiagnosticCode(int Number, DiagnosticSeverity Severity)
{
    public string HelpLink => $"https://github.com/SupplyChain-Build/SupplyChain.Build/blob/main/docs/diagnostics.md#scb{Number:0000}";

    public override string ToString() => $"SCB{Number:0000}";
}
