/** Names that differ in more than a third of their characters are not suggested. */
const MAX_DIFFERENCE = 1 / 3;

/**
 * The candidate that is closest to a misspelt name, without regard to case; the first of several.
 * Undefined if none is close.
 */
export function closestName(name: string, candidates: Iterable<string>): string | undefined {
  let closest: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const limit = MAX_DIFFERENCE * Math.max(name.length, candidate.length);
    // The distance is at least this; a very long name is not compared character by character.
    if (Math.abs(name.length - candidate.length) > limit) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance > limit || distance >= least) continue;
    closest = candidate;
    least = distance;
  }
  return closest;
}

/** The end of an error message: `; did you mean NAME?`, or an empty text if no candidate is close. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const closest = closestName(name, candidates);
  return closest === undefined ? '' : `; did you mean ${closest}?`;
}

/** How many characters must be inserted, deleted, replaced or swapped with their neighbour. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = at(last, column - 1) + Number(from[row - 1] !== to[column - 1]);
      const swapped =
        from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
          ? at(beforeLast, column - 2) + 1
          : Infinity;
      next.push(Math.min(replaced, at(last, column) + 1, at(next, column - 1) + 1, swapped));
    }
    beforeLast = last;
    last = next;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
