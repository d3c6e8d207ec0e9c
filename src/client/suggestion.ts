/** The known name that an unknown one is most likely a misspelling of; undefined if none is near. */
export function suggestionFor(name: string, known: readonly string[]): string | undefined {
  // One third may differ, and two letters that changed places, except in the shortest names.
  const limit = name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3));
  let nearest: string | undefined;
  let nearestDistance = limit + 1;
  for (const candidate of known) {
    const distance = distanceOf(plain(name), plain(candidate));
    if (distance < nearestDistance) [nearest, nearestDistance] = [candidate, distance];
  }
  return nearest;
}

/** Without case and underscores, so that `first_name` is next to `firstName`. */
function plain(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase();
}

/** The least number of characters to insert, delete or replace (Levenshtein). */
function distanceOf(from: string, to: string): number {
  // A name this long is not a misspelling, and the table would be large.
  if (from.length > 50) return Infinity;
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? Infinity;
}
