import type { Person } from '../../gen/personguide/person_guide.js';
import { invalid } from './errors.js';

/** The fields of a person that callers set. */
export type PersonField = Exclude<
  keyof Person,
  'id' | 'etag' | 'lastUpdated' | 'createTime' | 'deleteTime'
>;

/** By the names that the proto gives them, in its order. */
const FIELDS: ReadonlyMap<string, PersonField> = new Map([
  ['name', 'name'],
  ['email', 'email'],
  ['phones', 'phones'],
  ['adresses', 'adresses'],
  ['organization', 'organization'],
  ['title', 'title'],
  ['note', 'note'],
  ['labels', 'labels'],
  ['external_id', 'externalId'],
  ['emails', 'emails'],
  ['birthday', 'birthday'],
  ['vcard_extra', 'vcardExtra'],
]);

/**
 * The fields that an update mask names, each once: all of them for `*`, and those that are set in
 * the person for an empty mask. Fields that the server sets may be named and are ignored. Throws
 * `invalid` with all unknown paths.
 */
export function fieldsOfMask(
  mask: readonly string[] | undefined,
  person: Person,
): readonly PersonField[] {
  if (mask === undefined || mask.length === 0) return setFields(person);
  return namedFields(mask, FIELDS, SET_BY_SERVER);
}

const SET_BY_SERVER = new Set(['id', 'etag', 'last_updated', 'create_time', 'delete_time']);

/** The fields that are set in a person, in the order of the proto. */
export function setFields(person: Person): readonly PersonField[] {
  return [...FIELDS.values()].filter((field) => person[field].length > 0);
}

/** The fields that a mask names, in its order, each once. Throws `invalid` with all unknown paths. */
export function namedFields<Field>(
  mask: readonly string[],
  fields: ReadonlyMap<string, Field>,
  ignored: ReadonlySet<string>,
): readonly Field[] {
  const unknown = mask.filter((path) => path !== '*' && !fields.has(path) && !ignored.has(path));
  if (unknown.length > 0) throw invalid(unknown.map((path) => unknownPath(path, fields)));
  if (mask.includes('*')) return [...fields.values()];
  return [...new Set(mask)].flatMap((path) => fields.get(path) ?? []);
}

function unknownPath(
  path: string,
  fields: ReadonlyMap<string, unknown>,
): { field: string; description: string } {
  const known = [...fields.keys()].join(', ');
  return {
    field: 'update_mask',
    description: `has no field "${path.slice(0, 100)}"; name ${known}, or *`,
  };
}
