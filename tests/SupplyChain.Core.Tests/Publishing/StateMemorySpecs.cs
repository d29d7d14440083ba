using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Publishing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>State that is still in memory; the file decides.</summary>
public sealed class StateMemorySpecs : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly StateMemory _memory = new();

    private StateFile<IReadOnlyList<string>> Tags => new PublishState(_folder.Path, _memory).Tags;

    [Fact]
    public void A_file_that_is_still_the_same_is_not_read_again()
    {
        var written = Tags.Write(["1.4.0", "latest"]);

        Tags.Read().ShouldBeSameAs(written);
    }

    [Fact]
    public void A_file_that_was_changed_since_is_read_as_it_stands()
    {
        Tags.Write(["1.4.0"]);
        File.WriteAllText(Tags.Path, """["2.0.0"]""");

        Tags.Read().ShouldBe(["2.0.0"]);
    }

    [Fact]
    public void A_file_that_was_deleted_or_damaged_since_is_an_error()
    {
        Tags.Write(["1.4.0"]);
        File.WriteAllText(Tags.Path, """["1.4.0" """);
        Should.Throw<DiagnosticException>(() => Tags.Read()).Diagnostic.Code.ShouldBe(DiagnosticCodes.StateUnusable);

        File.Delete(Tags.Path);
        Should.Throw<DiagnosticException>(() => Tags.Read()).Diagnostic.Code.ShouldBe(DiagnosticCodes.StateUnusable);
    }

    [Fact]
    public async Task What_is_written_beside_other_work_can_be_read_at_once_and_its_file_counts_when_it_is_there()
    {
        var urgent = new TaskCompletionSource();
        IReadOnlyList<string> value = ["1.4.0"];
        Tags.WriteBeside(value, urgent.Task);

        Tags.Read().ShouldBeSameAs(value);
        File.Exists(Tags.Path).ShouldBeFalse();

        urgent.SetException(new InvalidOperationException("the other work has failed"));
        await Eventually.UntilAsync(() => File.Exists(Tags.Path), "the file", TestContext.Current.CancellationToken);
        _memory.Settle();
        File.WriteAllText(Tags.Path, """["2.0.0"]""");
        Tags.Read().ShouldBe(["2.0.0"]);
    }

    [Fact]
    public async Task What_could_not_be_written_beside_other_work_is_an_error_for_the_step_that_reads_it()
    {
        Directory.CreateDirectory(Tags.Path);
        Tags.WriteBeside(["1.4.0"], Task.CompletedTask);

        await Eventually.UntilAsync(() => Fails(), "the failure", TestContext.Current.CancellationToken);

        bool Fails()
        {
            try
            {
                return Tags.Read() is null;
            }
            catch (DiagnosticException e)
            {
                return e.Diagnostic.Code == DiagnosticCodes.StateUnusable && e.Message.Contains(Tags.Path, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>A target of the user's between two steps.</summary>
    [Fact]
    public async Task What_somebody_else_wrote_in_the_meantime_is_not_written_over()
    {
        var urgent = new TaskCompletionSource();
        Tags.WriteBeside(["1.4.0"], urgent.Task);
        File.WriteAllText(Tags.Path, """["2.0.0"]""");
        urgent.SetResult();

        await Eventually.UntilAsync(
            () => Record.Exception(() => Tags.Read()) is DiagnosticException { Diagnostic.Code: var code } && code == DiagnosticCodes.StateUnusable, "the failure", TestContext.Current.CancellationToken);
        File.ReadAllText(Tags.Path).ShouldBe("""["2.0.0"]""");
    }

    /// <summary>The same project twice in one build, and the first one hangs.</summary>
    [Fact]
    public async Task What_nobody_waits_for_any_more_is_not_written()
    {
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        Tags.WriteBeside(["1.4.0"], first.Task);
        Tags.WriteBeside(["2.0.0"], second.Task);
        first.SetResult();
        second.SetResult();

        await Eventually.UntilAsync(() => File.Exists(Tags.Path), "the file", TestContext.Current.CancellationToken);
        _memory.Settle();
        Tags.Read().ShouldBe(["2.0.0"]);
    }

    public void Dispose()
    {
        _memory.Dispose();
        _folder.Dispose();
    }
}
