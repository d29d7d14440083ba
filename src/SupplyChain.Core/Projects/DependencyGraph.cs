namespace SupplyChain.Core.Projects;

/// <summary>
/// Who brings in whom: the project, its packages and its referenced projects, all runtime identifiers together. Ways are shortest first,
/// then by id, so that the same assets file always gives the same answer.
/// </summary>
internal sealed class DependencyGraph
{
    // A list, not a dictionary: all types here are reference types, which the runtime has compiled already. This runs once in a build, cold.
    private readonly SortedList<string, Node> _nodes = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedSet<string> _roots = new(StringComparer.OrdinalIgnoreCase);

    public DependencyGraph(AssetsFile assets)
    {
        var privateRoots = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var target in assets.Targets)
        {
            foreach (var library in target.Libraries.Values)
                Add(library, target);
            foreach (var direct in assets.Direct.Values)
            {
                if (target.Libraries.TryGetValue(direct.Id, out var library))
                    (direct.IsPrivate ? privateRoots : _roots).Add(library.Key);
            }
        }

        Walk(_roots, reachesOutput: true);
        Walk(privateRoots, reachesOutput: false);
    }

    /// <summary>Ordered by id, then version.</summary>
    public IEnumerable<Node> Nodes => _nodes.Values;

    /// <summary>What the application brings in itself; see <see cref="Nearest"/>.</summary>
    public IReadOnlyList<string> Roots(Func<Node, bool> isKept) => Nearest(_roots, isKept);

    /// <summary>What this package or project brings in; see <see cref="Nearest"/>.</summary>
    public IReadOnlyList<string> Dependencies(Node node, Func<Node, bool> isKept) => Nearest(node.Dependencies, isKept);

    /// <summary>From the direct reference to this library. Empty when nothing leads to it.</summary>
    public IReadOnlyList<Node> Path(Node node)
    {
        var path = new List<Node>();
        for (var step = node.IsReached ? node : null; step is not null; step = step.Parent)
            path.Add(step);
        path.Reverse();
        return path;
    }

    private void Add(AssetsLibrary library, AssetsTarget target)
    {
        if (!_nodes.TryGetValue(library.Key, out var node))
            _nodes.Add(library.Key, node = new Node(library.Id, library.Version, library.IsProject) { Assembly = library.Assembly });
        node.Assets |= library.Assets;
        foreach (var dependency in library.Dependencies)
        {
            if (target.Libraries.TryGetValue(dependency, out var found))
                node.Dependencies.Add(found.Key);
        }
    }

    private void Walk(IEnumerable<string> roots, bool reachesOutput)
    {
        var queue = new Queue<Node>();
        foreach (var root in roots)
            Enqueue(_nodes[root], null);
        while (queue.TryDequeue(out var node))
        {
            node.ReachesOutput |= reachesOutput;
            foreach (var dependency in node.Dependencies)
                Enqueue(_nodes[dependency], node);
        }

        void Enqueue(Node node, Node? parent)
        {
            if (node.IsReached)
                return;
            (node.IsReached, node.Parent) = (true, parent);
            queue.Enqueue(node);
        }
    }

    /// <summary>Ids of the nearest libraries that are kept: one that is not kept (a package of nothing but dependencies) is replaced by what it brings in.</summary>
    private List<string> Nearest(IEnumerable<string> keys, Func<Node, bool> isKept)
    {
        var ids = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var stack = new Stack<string>(keys);
        while (stack.TryPop(out var key))
        {
            if (!seen.Add(key))
                continue;
            var node = _nodes[key];
            if (isKept(node))
            {
                ids.Add(node.Id);
                continue;
            }

            foreach (var dependency in node.Dependencies)
                stack.Push(dependency);
        }

        return [.. ids];
    }

    internal sealed class Node(string id, string version, bool isProject)
    {
        public string Id => id;

        public string Version => version;

        public bool IsProject => isProject;

        public string Key { get; } = $"{id}/{version}";

        /// <summary>File name of a project's own assembly.</summary>
        public string? Assembly { get; init; }

        public LibraryAssets Assets { get; set; }

        /// <summary>False: only a private reference (<c>PrivateAssets="all"</c>) leads here, so the SDK does not publish it.</summary>
        public bool ReachesOutput { get; set; }

        /// <summary>The project leads here: by itself (no <see cref="Parent"/>), or by that one, which is nearest.</summary>
        public bool IsReached { get; set; }

        public Node? Parent { get; set; }

        /// <summary>Keys.</summary>
        public SortedSet<string> Dependencies { get; } = new(StringComparer.OrdinalIgnoreCase);
    }
}
