import type { RouteNote } from 'personguide/gen/routeguide/route_guide';
import { throwIfAny, tooLong } from '../checks.js';
import { checkedPoint, pointKey } from './point.js';

/** The limits of the board. A full board takes about 100 MB. */
export const boardLimits = { locations: 1_000, notesPerLocation: 100, characters: 500 } as const;

/** The notes that callers have left, by location. */
export interface NoteBoard {
  /**
   * Adds a note, and returns the earlier notes at the same location, oldest first. Beyond the limits
   * it removes the oldest note of the location, or the location that has gone longest without a new
   * note. Throws `invalid` for a note that is too long or has an invalid location.
   */
  leave(note: RouteNote): readonly RouteNote[];
}

/** Creates an empty board. */
export function createNoteBoard(): NoteBoard {
  // In ascending order of their newest notes.
  const notesByLocation = new Map<string, readonly RouteNote[]>();
  return {
    leave(note) {
      const key = pointKey(checkedPoint(note.location, 'location'));
      throwIfAny(tooLong('message', note.message, boardLimits.characters));
      const earlier = notesByLocation.get(key) ?? [];
      notesByLocation.delete(key);
      notesByLocation.set(key, [...earlier, note].slice(-boardLimits.notesPerLocation));
      if (notesByLocation.size > boardLimits.locations) {
        notesByLocation.delete(firstKey(notesByLocation));
      }
      return earlier;
    },
  };
}

function firstKey(map: ReadonlyMap<string, unknown>): string {
  const [key = ''] = map.keys();
  return key;
}
