import { InvalidArgumentError, Option } from 'commander';
import type { ColumnMap } from '../formats/csv-header.js';

/** The option `--map`, which may be repeated. */
export function mapOption(): Option {
  return new Option(
    '--map <column=field>',
    "what a column of CSV is, such as 'Handy=mobile phone'; without a field it is ignored; may be repeated",
  ).argParser(addColumn);
}

function addColumn(text: string, before: ColumnMap = new Map()): ColumnMap {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be COLUMN=FIELD.');
  return new Map([...before, [text.slice(0, at).trim(), text.slice(at + 1).trim()]]);
}
