import type { RouteNote } from 'personguide/gen/routeguide/route_guide';
import { invalid } from 'personguide/server';
import { checkedPoint, pointKey } from './point.js';

/** What the board keeps at most: some 100 MB when all of it is used. */
export const boardLimits = { locations: 1_000, notesPerLocation: 100, characters: 500 } as const;

/** The notes that callers leave at places. */
export interface NoteBoard {
  /**
   * Leaves a note, and tells the notes that were there before, oldest first. Beyond the limits the
   * oldest note of the place goes, and the place that was longest without a new note.
   * Fails with `invalid` for a note too long or not on Earth.
   */
  leave(note: RouteNote): readonly RouteNote[];
}

/** An empty board. */
export function createNoteBoard(): NoteBoard {
  // In the order of their newest notes.
  const places = new Map<string, readonly RouteNote[]>();
  return {
    leave(note) {
      const key = pointKey(checkedPoint(note.location, 'location'));
      checkLength(note.message);
      const earlier = places.get(key) ?? [];
      places.delete(key);
      places.set(key, [...earlier, note].slice(-boardLimits.notesPerLocation));
      if (places.size > boardLimits.locations) places.delete(firstKey(places));
      return earlier;
    },
  };
}

function firstKey(map: ReadonlyMap<string, unknown>): string {
  const [key = ''] = map.keys();
  return key;
}

function checkLength(message: string): void {
  if (message.length <= boardLimits.characters) return;
  const description = `must have at most ${boardLimits.characters} characters`;
  throw invalid([{ field: 'message', description }]);
}
