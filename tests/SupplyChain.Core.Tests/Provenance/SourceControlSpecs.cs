using CliWrap;
using SupplyChain.Core.Provenance;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Provenance;

/// <summary>The real git, in repositories of its own.</summary>
public sealed class SourceControlSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_clean_work_tree_is_its_commit_and_a_changed_or_added_file_makes_it_dirty()
    {
        (await ReadAsync()).ShouldBeNull();
        await GitAsync("init", "-q", "-b", "main");
        (await ReadAsync()).ShouldBeNull("there is no commit yet");
        await File.WriteAllTextAsync(_folder.File("a.cs"), "// one", Token);
        await GitAsync("add", ".");
        await GitAsync("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "one");
        await GitAsync("remote", "add", "origin", "https://ada:secret@example.com/team/app.git");

        var clean = (await ReadAsync())!;
        (clean.Dirty, clean.Reference, clean.Repository).ShouldBe((false, "refs/heads/main", "https://example.com/team/app.git"));
        clean.Commit.Length.ShouldBe(40);

        await File.WriteAllTextAsync(_folder.File("b.cs"), "// added", Token);
        (await ReadAsync())!.Dirty.ShouldBeTrue();
        await GitAsync("checkout", "-q", "--detach");
        (await ReadAsync())!.Reference.ShouldBeNull();
    }

    /// <summary>The settings of a repository may name programs; building is one thing, asking for its commit another.</summary>
    [Fact]
    public async Task The_program_that_a_repository_names_as_its_monitor_is_not_started()
    {
        await GitAsync("init", "-q", "-b", "main");
        await GitAsync("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "--allow-empty", "-m", "one");
        await File.WriteAllTextAsync(_folder.File("monitor"), $"#!/bin/sh\ntouch '{_folder.File("started")}'\n", Token);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.File("monitor"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await GitAsync("config", "core.fsmonitor", _folder.File("monitor"));

        (await ReadAsync()).ShouldNotBeNull();

        File.Exists(_folder.File("started")).ShouldBeFalse();
    }

    public void Dispose() => _folder.Dispose();

    private Task<SourceRevision?> ReadAsync() => new SourceControl(new ToolRunner(), new LocalMachine()).ReadAsync(_folder.Path, Token);

    private async Task GitAsync(params string[] arguments) => await Cli.Wrap("git").WithArguments(arguments).WithWorkingDirectory(_folder.Path).ExecuteAsync(Token);
}
