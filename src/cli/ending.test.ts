import { Writable } from 'node:stream';
import { CommanderError } from 'commander';
import { ConfigError } from '../config.js';
import { DirectoryError } from '../directory/errors.js';
import { exitCodeOfStatus } from './exit-code.js';
import { endingOf, Failure } from './failure.js';
import { openOutput } from './output.js';

describe('exitCodeOfStatus', () => {
  it.each([
    ['NOT_FOUND', 3],
    ['INVALID_ARGUMENT', 4],
    ['ALREADY_EXISTS', 5],
    ['FAILED_PRECONDITION', 5],
    ['UNAVAILABLE', 6],
    ['DEADLINE_EXCEEDED', 7],
    ['RESOURCE_EXHAUSTED', 8],
    ['UNAUTHENTICATED', 9],
    ['PERMISSION_DENIED', 9],
    ['INTERNAL', 1],
    ['CANCELLED', 1],
    ['A_NEW_ONE', 1],
  ])('gives %s the code %i', (codeName, code) => {
    expect(exitCodeOfStatus(codeName)).toBe(code);
  });
});

describe('endingOf', () => {
  it('keeps to one line, whatever the message', () => {
    expect(endingOf(new Failure(3, 'one\ntwo\r\n'))).toEqual({ code: 3, line: 'one two' });
    expect(endingOf('thrown\ntext')).toEqual({ code: 1, line: 'unexpected error: thrown text' });
  });

  it('says nothing more after the parser has said it', () => {
    expect(endingOf(new CommanderError(1, 'commander.unknownOption', 'x'))).toEqual({
      code: 2,
      line: '',
    });
    expect(endingOf(new CommanderError(0, 'commander.helpDisplayed', 'x')).code).toBe(0);
  });

  it('leaves what the server says about its start as it is', () => {
    expect(endingOf(new ConfigError('--store: bad'))).toEqual({ code: 2, line: '--store: bad' });
    expect(endingOf(new DirectoryError('unavailable', 'cannot open it'))).toEqual({
      code: 1,
      line: 'cannot open it',
    });
  });
});

describe('openOutput', () => {
  const failing = (code: string) =>
    new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error(code), { code }));
      },
    }).on('error', () => undefined);

  it('fails when what it wrote is lost', async () => {
    const out = openOutput(failing('ENOSPC'), new AbortController().signal);
    await expect(out.flush()).rejects.toMatchObject({ code: 1, message: 'cannot write: ENOSPC' });
  });

  it('ends quietly when the reader is gone', async () => {
    const out = openOutput(failing('EPIPE'), new AbortController().signal);
    await expect(out.flush()).rejects.toMatchObject({ code: 0, message: '' });
  });

  it('waits for a slow reader, but not beyond the end of the signal', async () => {
    const aborter = new AbortController();
    const stuck = new Writable({ highWaterMark: 1, write: () => undefined });
    const out = openOutput(stuck, aborter.signal);
    await out.line('one');
    const second = out.line('two');
    aborter.abort(new Failure(130, 'interrupted'));
    await expect(second).rejects.toThrow('interrupted');
  });
});
