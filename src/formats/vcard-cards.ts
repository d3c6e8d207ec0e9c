import type { Problem } from './entry.js';
import { LineReader, withoutReturn } from './lines.js';

/** A vCard, or lines that are not part of one. */
export interface Card {
  /** The number (from 1) of its first line. */
  readonly line: number;
  /** Its text, without the last line break. */
  readonly source: string;
  /** Its lines between BEGIN and END, unfolded. */
  readonly lines: readonly string[];
  readonly problem: Problem | undefined;
}

/** A card may have a picture, but not a film. */
const MAX_CARD_CHARACTERS = 16 * 1024 * 1024;

const BEGIN = /^begin:vcard\s*$/i;
const END = /^end:vcard\s*$/i;
const BASE64 = /^[^:]*;(?:encoding=)?(?:base64|b)[;:]/i;
const QUOTED_PRINTABLE = /^[^:]*;(?:encoding=)?quoted-printable[;:]/i;

/** The vCards of a text, as it arrives. */
export async function* cardsOf(text: AsyncIterable<string>): AsyncGenerator<Card> {
  const lines = new LineReader(text);
  for (;;) {
    const first = await nextLine(lines);
    if (first === undefined) return;
    if (first.trim() === '') continue;
    yield BEGIN.test(first) ? await readCard(first, lines) : await readOther(first, lines);
  }
}

async function nextLine(lines: LineReader): Promise<string | undefined> {
  const line = await lines.next();
  return line === undefined ? undefined : withoutReturn(line);
}

async function readCard(first: string, lines: LineReader): Promise<Card> {
  const { number: line } = lines;
  const source = [first];
  const unfolded: string[] = [];
  let characters = 0;
  // An AGENT of vCard 2.1 is a card within the card.
  let depth = 1;
  for (;;) {
    const next = await nextLine(lines);
    if (next === undefined) return broken('has no END:VCARD');
    if (BEGIN.test(next)) {
      if (!/^agent[^:]*:\s*$/i.test(unfolded.at(-1) ?? '')) {
        lines.putBack([next]);
        return broken('has no END:VCARD');
      }
      depth += 1;
    }
    source.push(next);
    characters += next.length;
    if (END.test(next)) depth -= 1;
    if (depth === 0) break;
    if (depth === 1 && characters <= MAX_CARD_CHARACTERS) addLine(unfolded, next);
    // What is too long is not kept, and read up to its end.
    if (characters > MAX_CARD_CHARACTERS) source.length = 1;
  }
  if (characters > MAX_CARD_CHARACTERS) return broken('is longer than 16 MiB');
  return { line, source: source.join('\r\n'), lines: unfolded, problem: undefined };

  function broken(description: string): Card {
    const problem = { field: '', description };
    return { line, source: source.join('\r\n'), lines: [], problem };
  }
}

/** Adds a line, or joins it with the one before. */
function addLine(unfolded: string[], line: string): void {
  const last = unfolded.at(-1);
  if (last?.endsWith('=') === true && QUOTED_PRINTABLE.test(last)) {
    // A soft line break of quoted-printable.
    unfolded[unfolded.length - 1] = last.slice(0, -1) + line;
  } else if (last !== undefined && /^[ \t]/.test(line)) {
    unfolded[unfolded.length - 1] = last + line.slice(1);
  } else if (last !== undefined && BASE64.test(last) && /^[\w+/]+=*$/.test(line)) {
    // Some phones do not fold pictures.
    unfolded[unfolded.length - 1] = last + line;
  } else if (line.trim() !== '') {
    unfolded.push(line);
  }
}

async function readOther(first: string, lines: LineReader): Promise<Card> {
  const { number: line } = lines;
  const source = [first];
  for (;;) {
    const next = await nextLine(lines);
    if (next === undefined) break;
    if (BEGIN.test(next)) {
      lines.putBack([next]);
      break;
    }
    // Something that is not a file of vCards is not kept as a whole.
    if (source.length < 1000) source.push(next);
  }
  const problem = {
    field: '',
    description: 'is not part of a vCard, which starts with BEGIN:VCARD',
  };
  return { line, source: source.join('\r\n').trimEnd(), lines: [], problem };
}
