/** A knot of a graph: everything in it leads to everything else in it. `cycle` is a shortest way round through it. */
export interface Knot {
  readonly members: ReadonlySet<string>;
  readonly cycle: readonly string[];
}

/** Every knot of a graph, given by its nodes and where each leads. Without cycles there is none. */
export function findCycles(nodes: readonly string[], next: (node: string) => readonly string[]): Knot[] {
  const reachable = new Map(nodes.map((node) => [node, reach(node, next)]));
  const done = new Set<string>();
  return nodes.flatMap((node) => {
    const reached = reachable.get(node);
    if (reached === undefined || done.has(node) || !reached.has(node)) return [];
    const members = new Set([...reached].filter((other) => reachable.get(other)?.has(node) === true));
    for (const member of members) done.add(member);
    return [{ members, cycle: shortestWayRound(node, next) }];
  });
}

/** Everything that can be reached from a node in one step or more. */
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
