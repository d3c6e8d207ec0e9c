import { boardLimits, createNoteBoard } from './note-board.js';

const note = (latitude: number, message: string) => ({
  location: { latitude, longitude: 0 },
  message,
});

describe('the note board', () => {
  it('returns the earlier notes at the same location, oldest first', () => {
    const board = createNoteBoard();
    expect(board.leave(note(1, 'a'))).toEqual([]);
    expect(board.leave(note(2, 'b'))).toEqual([]);
    expect(board.leave(note(1, 'c'))).toEqual([note(1, 'a')]);
    expect(board.leave(note(1, 'd'))).toEqual([note(1, 'a'), note(1, 'c')]);
  });

  it('removes the oldest note of a location that has too many', () => {
    const board = createNoteBoard();
    for (let n = 0; n <= boardLimits.notesPerLocation; n += 1) board.leave(note(1, `${n}`));
    const notes = board.leave(note(1, 'last'));
    expect(notes).toHaveLength(boardLimits.notesPerLocation);
    expect(notes[0]).toEqual(note(1, '1'));
  });

  it('removes the location that has gone longest without a new note', () => {
    const board = createNoteBoard();
    board.leave(note(0, 'kept'));
    for (let n = 1; n < boardLimits.locations; n += 1) board.leave(note(n, 'x'));
    expect(board.leave(note(0, 'again'))).toHaveLength(1);
    board.leave(note(boardLimits.locations, 'one location too many'));
    expect(board.leave(note(0, 'still there'))).toHaveLength(2);
    expect(board.leave(note(1, 'gone'))).toEqual([]);
  });

  it('rejects a note that is too long or has no location', () => {
    const board = createNoteBoard();
    expect(() => board.leave(note(1, 'x'.repeat(501)))).toThrow('at most 500 characters');
    expect(() => board.leave({ location: undefined, message: 'x' })).toThrow('location');
  });
});
