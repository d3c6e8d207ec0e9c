import { readSources } from './source-files.js';

type Graph = ReadonlyMap<string, readonly string[]>;

/** Rejects with each circle of imports in src/, imports of types included. */
export async function importCircles(): Promise<undefined> {
  const files = await readSources();
  const circles = circlesIn(new Map(files.map(({ path, imports }) => [path, imports])));
  if (circles.length > 0) throw new Error(circles.map((files) => files.join(' -> ')).join('\n'));
  return undefined;
}

/** One circle for each import that closes one: its files in order, the first one again at the end. */
function circlesIn(graph: Graph): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();

  function visit(file: string, way: readonly string[]): void {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file]);
    if (done.has(file) || way.includes(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  }

  for (const file of graph.keys()) visit(file, []);
  return circles;
}
