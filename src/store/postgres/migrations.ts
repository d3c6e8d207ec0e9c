import type { Migration } from '../migrate.js';

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
];
