import { Writable } from 'node:stream';
import { CommanderError } from 'commander';
import { ConfigError } from '../config.js';
import { DirectoryError } from '../directory/errors.js';
import { exitCodeOfStatus } from './exit-code.js';
import { exitOf, CliError } from './cli-error.js';
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

describe('exitOf', () => {
  it('returns one line for any message', () => {
    expect(exitOf(new CliError(3, 'one\ntwo\r\n'))).toEqual({ code: 3, line: 'one two' });
    expect(exitOf('thrown\ntext')).toEqual({ code: 1, line: 'unexpected error: thrown text' });
  });

  it('returns no line for errors that the parser has printed', () => {
    expect(exitOf(new CommanderError(1, 'commander.unknownOption', 'x'))).toEqual({
      code: 2,
      line: '',
    });
    expect(exitOf(new CommanderError(0, 'commander.helpDisplayed', 'x')).code).toBe(0);
  });

  it('returns the messages of start errors unchanged', () => {
    expect(exitOf(new ConfigError('--store: bad'))).toEqual({ code: 2, line: '--store: bad' });
    expect(exitOf(new DirectoryError('unavailable', 'cannot open it'))).toEqual({
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

  it('rejects when the output cannot be written', async () => {
    const out = openOutput(failing('ENOSPC'), new AbortController().signal);
    await expect(out.flush()).rejects.toMatchObject({ code: 1, message: 'cannot write: ENOSPC' });
  });

  it('ends without a message when the reader has closed the pipe', async () => {
    const out = openOutput(failing('EPIPE'), new AbortController().signal);
    await expect(out.flush()).rejects.toMatchObject({ code: 0, message: '' });
  });

  it('waits for a slow reader until the signal is aborted', async () => {
    const aborter = new AbortController();
    const stuck = new Writable({ highWaterMark: 1, write: () => undefined });
    const out = openOutput(stuck, aborter.signal);
    await out.line('one');
    const second = out.line('two');
    aborter.abort(new CliError(130, 'interrupted'));
    await expect(second).rejects.toThrow('interrupted');
  });
});
