import { freePort } from '../test-support/free-port.js';
import { runProgram, startServerProcess } from '../test-support/program.js';
import { runOnTerminal } from '../test-support/terminal.js';

const inMemory = ['--store', ':memory:'];

it('prints nothing on standard error when that is not a terminal', async () => {
  await using server = await startServerProcess(inMemory);
  expect(await server.kill('SIGTERM')).toMatchObject({ code: 0, stderr: '' });
});

it('stops gracefully at SIGHUP', async () => {
  await using server = await startServerProcess(inMemory);
  const { code, signal, stdout } = await server.kill('SIGHUP');
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  expect(stdout).toContain('"msg":"stopped"');
});

it('logs levels as words', async () => {
  await using server = await startServerProcess(inMemory);
  expect(await server.line(({ msg }) => msg === 'listening')).toMatchObject({ level: 'info' });
});

it('warns of variables that it does not know', async () => {
  await using server = await startServerProcess(inMemory, { PERSONGUIDE_STOER: 'x.db' });
  const { stderr } = await server.kill('SIGTERM');
  expect(stderr).toBe(
    'personguide: warning: the variable PERSONGUIDE_STOER is not known; ' +
      'did you mean PERSONGUIDE_STORE?\n',
  );
});

it('rejects an address that is given twice', async () => {
  const address = ['--listen', '127.0.0.1:50999'];
  await using server = runProgram(['serve', ...inMemory, ...address, ...address]);
  expect(await server.exited).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /^personguide: --listen: must not name an address twice/,
    ) as string,
  });
});

it('prints the addresses and commands to try on a terminal', async () => {
  const flags = ['--listen', '127.0.0.1:0', '--log-level', 'error'];
  await using terminal = runOnTerminal(['serve', ...inMemory, ...flags]);
  const lines = await terminal.until(6);
  expect(lines[0]).toMatch(/^PersonGuide listens on 127\.0\.0\.1:\d+ and keeps people/);
  expect(lines[2]).toMatch(/npx personguide list --address 127\.0\.0\.1:\d+$/);
  terminal.interrupt();
  expect((await terminal.exited).stdout).toMatch(/stopped\r?\n$/);
});

it('prints nothing on a terminal with --log-level silent', async () => {
  const port = await freePort();
  const flags = ['--listen', `127.0.0.1:${port}`, '--log-level', 'silent'];
  await using terminal = runOnTerminal(['serve', ...inMemory, ...flags]);
  let code: number | null = null;
  while (code !== 0) {
    await using health = runProgram(['health', '--address', `127.0.0.1:${port}`]);
    ({ code } = await health.exited);
  }
  terminal.interrupt();
  const { stdout } = await terminal.exited;
  expect(stdout.replaceAll('^C', '').trim()).toBe('');
});
