/**
 * For each strongly connected component of a graph, one shortest cycle through it; none without
 * cycles. The graph is given by its nodes and their successors.
 */
export function findCycles(
  nodes: readonly string[],
  next: (node: string) => readonly string[],
): string[][] {
  const reachable = new Map(nodes.map((node) => [node, reach(node, next)]));
  const done = new Set<string>();
  return nodes.flatMap((node) => {
    const reached = reachable.get(node);
    if (reached === undefined || done.has(node) || !reached.has(node)) return [];
    for (const other of reached) if (reachable.get(other)?.has(node) === true) done.add(other);
    return [shortestWayRound(node, next)];
  });
}

/** All nodes that can be reached from a node in one step or more. */
function reach(start: string, next: (node: string) => readonly string[]): Set<string> {
  const reached = new Set<string>();
  const open = [...next(start)];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    open.push(...next(node));
  }
  return reached;
}

function shortestWayRound(start: string, next: (node: string) => readonly string[]): string[] {
  const from = new Map<string, string>();
  const open = [start];
  for (let node = open.shift(); node !== undefined; node = open.shift()) {
    for (const other of next(node)) {
      if (other === start) return wayTo(node, start, from);
      if (from.has(other)) continue;
      from.set(other, node);
      open.push(other);
    }
  }
  throw new Error(`${start} is in no cycle`);
}

function wayTo(end: string, start: string, from: ReadonlyMap<string, string>): string[] {
  const way = [end];
  for (let node = end; node !== start;) {
    const before = from.get(node);
    if (before === undefined) throw new Error(`nothing leads to ${node}`);
    way.unshift(before);
    node = before;
  }
  return way;
}
