import type { Person } from '../../gen/personguide/person_guide.js';

/** The fields of a person that callers set. */
export type PersonField = Exclude<
  keyof Person,
  'id' | 'etag' | 'lastUpdated' | 'createTime' | 'deleteTime'
>;

/** By the names that the proto gives them, in its order. */
export const PERSON_FIELDS: Readonly<Record<string, PersonField>> = {
  name: 'name',
  email: 'email',
  phones: 'phones',
  adresses: 'adresses',
  organization: 'organization',
  title: 'title',
  note: 'note',
  labels: 'labels',
  external_id: 'externalId',
  emails: 'emails',
  birthday: 'birthday',
  vcard_extra: 'vcardExtra',
};
