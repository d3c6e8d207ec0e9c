import type { Migration } from '../migrate.js';
import { SEARCH_SCHEMA } from './search-schema.js';

/** The schema, step by step. Text is compared by its bytes, whatever the locale of the database. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      create table people (
        id integer primary key,
        email text collate "C" not null,
        message bytea not null
      );
      create index people_by_email on people (email, id);

      create table person_addresses (
        address_key text collate "C" not null,
        person_id integer not null,
        primary key (address_key, person_id)
      );

      create table users (
        id integer primary key,
        verified boolean not null,
        email_key text collate "C" unique,
        message bytea not null
      );
      create index users_by_verified on users (verified, id);

      create table counters (
        name text primary key,
        first_free_id bigint not null
      );
      insert into counters (name, first_free_id) values ('people', 1), ('users', 1);

      create table idempotency_results (
        method text collate "C" not null,
        key text collate "C" not null,
        digest text not null,
        result bytea not null,
        created_at_ms bigint not null,
        primary key (method, key)
      );
      create index idempotency_results_by_age on idempotency_results (created_at_ms);
    `,
  },
  {
    version: 2,
    sql: `
      create table api_keys (
        id text collate "C" primary key,
        name text collate "C" not null,
        scopes text not null,
        secret_hash bytea not null,
        created_at_ms bigint not null,
        expires_at_ms bigint,
        revoked_at_ms bigint
      );
      create unique index api_keys_by_name on api_keys (name) where revoked_at_ms is null;
    `,
  },
  // Rewrites people and users once. The version before cannot write people on this schema.
  {
    version: 3,
    sql: `
      alter table people
        add column revision bigint not null default 1,
        alter column message type bytea using message || '\\x3a0131'::bytea;
      alter table people alter column revision drop default;
      create index people_by_revision on people (revision, id);
      alter table users alter column message type bytea using message || '\\x3a0131'::bytea;

      create table person_labels (
        label_key text collate "C" not null,
        person_id integer not null,
        primary key (label_key, person_id)
      );
      create table person_emails (
        email text collate "C" not null,
        person_id integer not null,
        primary key (email, person_id)
      );
      create table person_external_ids (
        external_id text collate "C" primary key,
        person_id integer not null
      );

      create table deleted_people (
        id integer primary key,
        revision bigint not null,
        deleted_at_ms bigint not null,
        message bytea not null
      );
      create index deleted_people_by_revision on deleted_people (revision, id);
      create index deleted_people_by_age on deleted_people (deleted_at_ms);

      create table deleted_people_keys (
        kind text collate "C" not null,
        key text collate "C" not null,
        person_id integer not null,
        primary key (kind, key, person_id)
      );
      create index deleted_people_keys_by_person on deleted_people_keys (person_id);

      create table people_counters (
        first_free_id bigint not null,
        revision bigint not null,
        purged_revision bigint not null,
        people bigint not null
      );
      insert into people_counters (first_free_id, revision, purged_revision, people)
        select first_free_id, 1, 0, (select count(*) from people)
        from counters where name = 'people';
      create table user_counters (first_free_id bigint not null);
      insert into user_counters (first_free_id)
        select first_free_id from counters where name = 'users';
      drop table counters;

      create table imports (
        id text collate "C" primary key,
        committed integer not null,
        created integer not null,
        updated integer not null,
        unchanged integer not null,
        changed_at_ms bigint not null
      );
      create index imports_by_age on imports (changed_at_ms);

      create table import_faults (
        import_id text collate "C" not null,
        person_index integer not null,
        message bytea not null,
        primary key (import_id, person_index)
      );
    `,
  },
  { version: 4, sql: SEARCH_SCHEMA },
  {
    version: 5,
    sql: `
      alter table people_counters add column end_of_free_ids bigint not null default 2147483648`,
  },
  {
    version: 6,
    sql: "alter table idempotency_results add column kept_as text not null default 'message'",
  },
];
