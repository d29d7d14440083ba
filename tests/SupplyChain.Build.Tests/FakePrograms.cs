using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>Programs that stand first on PATH, for what the real ones cannot be made to do here.</summary>
internal sealed class FakePrograms : IDisposable
{
    private readonly TestFolder _folder = new();

    /// <summary>The environment of a publish that finds them first.</summary>
    public IReadOnlyDictionary<string, string?> Environment(Workshop workshop) =>
        new Dictionary<string, string?> { ["PATH"] = $"{_folder.Path}{Path.PathSeparator}{workshop.Dotnet.Environment["PATH"]}" };

    public string File(string name) => _folder.File(name);

    /// <param name="script">A shell script's body; $0 is its own path.</param>
    public string Write(string name, string script)
    {
        var file = _folder.File(name);
        System.IO.File.WriteAllText(file, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
            System.IO.File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return file;
    }

    /// <summary>As on a machine that has neither Docker nor Podman running.</summary>
    public FakePrograms WithoutContainerEngine()
    {
        Write("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1");
        Write("podman", "exit 125");
        return this;
    }

    /// <summary>A Docker that writes what it is given to load beside itself, as loaded.tar.</summary>
    public FakePrograms WithDocker()
    {
        WithoutContainerEngine();
        System.IO.File.Delete(_folder.File("docker"));
        Write("docker", """
            case $1 in
              version) echo 'Docker Engine - Community' ;;
              info) echo '[]' ;;
              load) cp "$3" "$(dirname "$0")/loaded.tar" ;;
              *) exit 64 ;;
            esac
            """);
        return this;
    }

    public string Loaded => _folder.File("loaded.tar");

    public void Dispose() => _folder.Dispose();
}
