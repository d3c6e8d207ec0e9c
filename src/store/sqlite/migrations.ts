import type { Migration } from '../migrate.js';
import { SEARCH_SCHEMA } from './search-schema.js';

/** The schema, step by step. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      create table people (
        id integer primary key,
        email text not null,
        message blob not null
      ) strict;
      create index people_by_email on people (email);

      create table person_addresses (
        address_key text not null,
        person_id integer not null,
        primary key (address_key, person_id)
      ) strict, without rowid;

      create table users (
        id integer primary key,
        verified integer not null,
        email_key text unique,
        message blob not null
      ) strict;
      create index users_by_verified on users (verified, id);

      create table answers (
        id integer primary key,
        method text not null,
        key text not null,
        fingerprint text not null,
        answer blob not null,
        created_at_ms integer not null,
        unique (method, key)
      ) strict;
      create index answers_by_age on answers (created_at_ms);
    `,
  },
  {
    version: 2,
    sql: `
      create table counters (
        name text primary key,
        first_free_id integer not null
      ) strict, without rowid;
      insert into counters (name, first_free_id) values
        ('people', (select ifnull(max(id), 0) + 1 from people)),
        ('users', (select ifnull(max(id), 0) + 1 from users));

      alter table answers rename to idempotency_results;
      alter table idempotency_results rename column fingerprint to digest;
      alter table idempotency_results rename column answer to result;
      drop index answers_by_age;
      create index idempotency_results_by_age on idempotency_results (created_at_ms);
    `,
  },
  {
    version: 3,
    sql: `
      create table api_keys (
        id text primary key,
        name text not null,
        scopes text not null,
        secret_hash blob not null,
        created_at_ms integer not null,
        expires_at_ms integer,
        revoked_at_ms integer
      ) strict, without rowid;
      create unique index api_keys_by_name on api_keys (name) where revoked_at_ms is null;
    `,
  },
  {
    version: 4,
    // The etag of everyone who is stored is 1: field 7 of a person and of a user.
    sql: `
      alter table people add column revision integer not null default 1;
      update people set message = cast(message || x'3a0131' as blob);
      create index people_by_revision on people (revision);
      update users set message = cast(message || x'3a0131' as blob);

      create table person_labels (
        label_key text not null,
        person_id integer not null,
        primary key (label_key, person_id)
      ) strict, without rowid;

      create table person_emails (
        email text not null,
        person_id integer not null,
        primary key (email, person_id)
      ) strict, without rowid;

      create table person_external_ids (
        external_id text primary key,
        person_id integer not null
      ) strict, without rowid;

      create table deleted_people (
        id integer primary key,
        revision integer not null,
        deleted_at_ms integer not null,
        message blob not null
      ) strict;
      create index deleted_people_by_revision on deleted_people (revision);
      create index deleted_people_by_age on deleted_people (deleted_at_ms);

      create table deleted_people_keys (
        kind text not null,
        key text not null,
        person_id integer not null,
        primary key (kind, key, person_id)
      ) strict, without rowid;
      create index deleted_people_keys_by_person on deleted_people_keys (person_id);

      create table imports (
        id text primary key,
        committed integer not null,
        created integer not null,
        updated integer not null,
        unchanged integer not null,
        changed_at_ms integer not null
      ) strict, without rowid;
      create index imports_by_age on imports (changed_at_ms);

      create table import_faults (
        import_id text not null,
        person_index integer not null,
        message blob not null,
        primary key (import_id, person_index)
      ) strict, without rowid;

      alter table counters rename column first_free_id to value;
      update counters set name = case name
        when 'people' then 'first_free_person_id' else 'first_free_user_id' end;
      insert into counters (name, value) values
        ('people', (select count(*) from people)), ('revision', 1), ('purged_revision', 0);
    `,
  },
  { version: 5, sql: SEARCH_SCHEMA },
  {
    version: 6,
    sql: "insert into counters (name, value) values ('end_of_free_person_ids', 2147483648)",
  },
  {
    version: 7,
    sql: "alter table idempotency_results add column kept_as text not null default 'message'",
  },
];
