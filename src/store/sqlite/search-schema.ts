/**
 * The tables behind searches, lookups by phone and lists by name. All of them are made from the
 * people, and are brought up to date later than these (see search-index.ts).
 */
export const SEARCH_SCHEMA = `
  -- Everyone who was changed up to this place in the order of changes is indexed.
  create table search_state (
    id integer primary key check (id = 1),
    revision integer not null,
    person_id integer not null,
    default_country text not null
  ) strict;
  insert into search_state (id, revision, person_id, default_country) values (1, 0, 0, '');

  create table search_people (
    person_id integer primary key,
    deleted integer not null,
    name_key text not null
  ) strict;
  create index search_people_by_name on search_people (name_key, person_id, deleted);

  -- The texts of people, by their ids; see search-texts.ts.
  create virtual table search_texts using fts5 (
    text, content = '', contentless_delete = 1, detail = none, prefix = '1 2 3',
    tokenize = "ascii tokenchars '~'"
  );
  -- FTS5 merges 64 of these pages in one go: 30 ms with its default of 4,050 bytes, 15 ms with this.
  insert into search_texts (search_texts, rank) values ('pgsz', 1000);
  -- A merge of parts with many deleted texts is not done in steps: it took up to 1.6 s among 100,000
  -- people. Other merges remove these texts, too.
  insert into search_texts (search_texts, rank) values ('deletemerge', 0);

  -- Every word that anyone has, or has had, and that is compared with typos; and its variants.
  create table search_words (
    id integer primary key,
    word text not null unique
  ) strict;
  create virtual table search_variants using fts5 (
    variants, content = '', detail = none, columnsize = 0, tokenize = 'ascii'
  );
  insert into search_variants (search_variants, rank) values ('pgsz', 1000);
`;
