/**
 * The tables behind searches, lookups by phone and lists by name. All of them are made from the
 * people, and are brought up to date later than these (see search-index.ts). The index on texts
 * needs the extension pg_trgm, which a database may lack: searches then read all texts.
 */
export const SEARCH_SCHEMA = `
  -- Everyone who was changed up to this place in the order of changes is indexed.
  create table search_state (
    revision bigint not null,
    person_id integer not null,
    default_country text not null
  );
  insert into search_state (revision, person_id, default_country) values (0, 0, '');

  -- The texts of people; see search-texts.ts.
  create table search_people (
    person_id integer primary key,
    deleted boolean not null,
    name_key text collate "C" not null,
    text text collate "C" not null
  );
  create index search_people_by_name on search_people (name_key, person_id);

  -- Every word that anyone has, or has had, and that is compared with typos.
  create table search_words (
    word text collate "C" primary key,
    variants text[] not null
  );
  create index search_words_by_variant on search_words using gin (variants);

  do $$
  declare
    place text;
  begin
    begin
      create extension if not exists pg_trgm schema public;
    exception when others then
      raise notice 'searches are slow without the extension pg_trgm: %', sqlerrm;
    end;
    select nspname into place
      from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
      where extname = 'pg_trgm';
    if place is not null then
      execute format(
        'create index search_people_by_text on search_people using gin (text %I.gin_trgm_ops)
          with (gin_pending_list_limit = 512)', place);
    end if;
  end
  $$;
`;
