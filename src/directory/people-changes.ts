import type {
  CreatePersonRequest,
  CreatePersonResponse,
  DeletePersonRequest,
  DeletePersonResponse,
  Person,
  UndeletePersonRequest,
  UndeletePersonResponse,
  UpdatePersonRequest,
  UpdatePersonResponse,
} from '../../gen/personguide/person_guide.js';
import { joinAsField1, type Encoded } from './encoded.js';
import { fieldsOfMask } from './person-fields.js';
import type { PeopleChangeStore, PersonChange } from './store.js';
import { checkPerson, requireField, requireId } from './validation.js';
import { idOfPerson, type WriteContext } from './written-ids.js';

/** Creates a person. Rejects with `invalid`, PERSON_EXISTS, EXTERNAL_ID_TAKEN and NO_ID_LEFT. */
export async function createPerson(
  store: PeopleChangeStore,
  request: CreatePersonRequest,
  options: WriteContext,
): Promise<Encoded<CreatePersonResponse>> {
  const person = requireField(request.person, 'person');
  checkPerson(person, 'person.');
  return change(store, { kind: 'create', person }, options);
}

/**
 * Changes the fields of a person that the mask names. Rejects with `invalid`, PERSON_NOT_FOUND,
 * ETAG_MISMATCH, EXTERNAL_ID_TAKEN, and with `allow_missing` as createPerson does.
 */
export async function updatePerson(
  store: PeopleChangeStore,
  { person: sent, updateMask, allowMissing }: UpdatePersonRequest,
  options: WriteContext,
): Promise<Encoded<UpdatePersonResponse>> {
  const person = requireField(sent, 'person');
  if (!allowMissing || person.id < 0) requireId(person.id, 'person.id');
  const fields = fieldsOfMask(updateMask, person);
  const { etag } = person;
  return change(store, { kind: 'update', person, fields, etag, allowMissing }, options);
}

/** Deletes a person. Rejects with `invalid`, PERSON_NOT_FOUND and ETAG_MISMATCH. */
export async function deletePerson(
  store: PeopleChangeStore,
  { id, etag, allowMissing }: DeletePersonRequest,
  options: WriteContext,
): Promise<Encoded<DeletePersonResponse>> {
  requireId(id, 'id');
  return change(store, { kind: 'delete', id, etag, allowMissing }, options);
}

/**
 * Brings a deleted person back. Rejects with `invalid`, PERSON_NOT_FOUND, PERSON_NOT_DELETED and
 * EXTERNAL_ID_TAKEN.
 */
export async function undeletePerson(
  store: PeopleChangeStore,
  { id }: UndeletePersonRequest,
  options: WriteContext,
): Promise<Encoded<UndeletePersonResponse>> {
  return change(store, { kind: 'undelete', id: requireId(id, 'id') }, options);
}

/** The response to each of these calls: a message whose only field is the person. */
async function change(
  store: PeopleChangeStore,
  planned: PersonChange,
  options: WriteContext,
): Promise<Encoded<{ person: Person | undefined }>> {
  const person = await store.changePerson(planned, options);
  if (person.length === 0) return joinAsField1([]);
  options.onWritten?.([idOfPerson(person)]);
  return joinAsField1([person]);
}
