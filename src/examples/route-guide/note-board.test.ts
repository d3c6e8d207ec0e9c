import { boardLimits, createNoteBoard } from './note-board.js';

const note = (latitude: number, message: string) => ({
  location: { latitude, longitude: 0 },
  message,
});

describe('the note board', () => {
  it('tells what was left at the same place before, oldest first', () => {
    const board = createNoteBoard();
    expect(board.leave(note(1, 'a'))).toEqual([]);
    expect(board.leave(note(2, 'b'))).toEqual([]);
    expect(board.leave(note(1, 'c'))).toEqual([note(1, 'a')]);
    expect(board.leave(note(1, 'd'))).toEqual([note(1, 'a'), note(1, 'c')]);
  });

  it('forgets the oldest notes of a crowded place', () => {
    const board = createNoteBoard();
    for (let n = 0; n <= boardLimits.notesPerLocation; n += 1) board.leave(note(1, `${n}`));
    const notes = board.leave(note(1, 'last'));
    expect(notes).toHaveLength(boardLimits.notesPerLocation);
    expect(notes[0]).toEqual(note(1, '1'));
  });

  it('forgets the place that was longest without a new note', () => {
    const board = createNoteBoard();
    board.leave(note(0, 'kept'));
    for (let place = 1; place < boardLimits.locations; place += 1) board.leave(note(place, 'x'));
    expect(board.leave(note(0, 'again'))).toHaveLength(1);
    board.leave(note(boardLimits.locations, 'one place too many'));
    expect(board.leave(note(0, 'still there'))).toHaveLength(2);
    expect(board.leave(note(1, 'gone'))).toEqual([]);
  });

  it('refuses a long note and one that is nowhere', () => {
    const board = createNoteBoard();
    expect(() => board.leave(note(1, 'x'.repeat(501)))).toThrow('at most 500 characters');
    expect(() => board.leave({ location: undefined, message: 'x' })).toThrow('location');
  });
});
