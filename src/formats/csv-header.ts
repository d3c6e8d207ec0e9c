import { didYouMean } from '../did-you-mean.js';
import { targetOf, type ColumnTarget } from './csv-columns.js';

/** What columns mean, by their headers; an empty text ignores a column. */
export type ColumnMap = ReadonlyMap<string, string>;

/** An error of the caller: a column of a map that the text does not have, or an unknown field. */
export class ColumnError extends Error {
  override readonly name = 'ColumnError';
}

/** The fields that a map names most often, for suggestions. */
const fieldNames = [
  'id',
  'name',
  'email',
  'email 2',
  'phone',
  'phone type',
  'phone 2',
  'mobile phone',
  'home phone',
  'work phone',
  'fax',
  'pager',
  'address',
  'street',
  'city',
  'state',
  'postal code',
  'country',
  'organization',
  'title',
  'note',
  'birthday',
  'labels',
  'external id',
  'first name',
  'last name',
];

/**
 * What each column of a header is. Throws a ColumnError if the map has a header that is not there,
 * or a field that is not known, and if no column is known.
 */
export function columnsOf(header: readonly string[], map: ColumnMap): readonly ColumnTarget[] {
  const missing = [...map.keys()].find((name) => !header.includes(name));
  if (missing !== undefined) {
    throw new ColumnError(`there is no column ${missing}${didYouMean(missing, [...header])}`);
  }
  const targets = header.map((name) => mappedTarget(map.get(name)) ?? targetOf(name));
  if (!targets.some((target) => target !== undefined)) {
    throw new ColumnError(
      `no column is known: the first line must name them, such as name,email,phone; it is ${header.join(',').slice(0, 100)}`,
    );
  }
  return distinct(withNamePrefix(header, targets).map((target) => target ?? { kind: 'ignored' }));
}

function mappedTarget(field: string | undefined): ColumnTarget | undefined {
  if (field === undefined) return undefined;
  if (field === '') return { kind: 'ignored' };
  const target = targetOf(field);
  if (target !== undefined) return target;
  throw new ColumnError(`${field} is not a known field${didYouMean(field, fieldNames)}`);
}

/** Outlook has the form of address in `Title`, and the title in `Job Title`. */
function withNamePrefix(
  header: readonly string[],
  targets: readonly (ColumnTarget | undefined)[],
): readonly (ColumnTarget | undefined)[] {
  if (!header.includes('Job Title')) return targets;
  return targets.map((target, index) =>
    header[index] === 'Title' ? { kind: 'namePart', part: 'prefix' } : target,
  );
}

/** Gives the number of a second `Phone` column a slot of its own, and so for emails. */
function distinct(targets: readonly ColumnTarget[]): ColumnTarget[] {
  const seen = new Set<string>();
  return targets.map((target) => {
    if (target.kind !== 'phone' && target.kind !== 'email') return target;
    let { slot } = target;
    while (seen.has(`${slot} ${target.part}`)) slot += '+';
    seen.add(`${slot} ${target.part}`);
    return { ...target, slot };
  });
}
