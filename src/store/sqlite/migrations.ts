import type { Migration } from '../migrate.js';

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
];
