import { spawnSync } from 'node:child_process';
import { Command, Option } from 'commander';
import { completionScript } from './completion-scripts.js';
import { completionSpecOf } from './completion-spec.js';
import { linesOf, useServer } from './run-cli.test.support.js';

useServer();

/** What bash offers after `words`, of which the last one is incomplete. */
async function completionsOf(words: readonly string[]): Promise<string[]> {
  const script = (await linesOf(['completion', 'bash'])).join('\n');
  const program = `${script}
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_personguide
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', program, 'bash', ...words], {
    encoding: 'utf8',
  });
  // compopt has no effect outside of a completion, and reports that.
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

it.each([
  [['personguide', 'p'], ['phone']],
  [
    ['personguide', 'user', ''],
    ['add', 'list', 'find', 'edit', 'rm', '--help'],
  ],
  [['personguide', 'user', 'l'], ['list']],
  [['personguide', 'user', 'add', '--f'], ['--first-name']],
  [['personguide', 'user', 'add', '--first-name', 'list', '--la'], ['--last-name']],
  [['personguide', 'list', '--lim'], ['--limit']],
  [['personguide', 'serve', '--log-level', 'wa'], ['warn']],
  [['personguide', 'completion', 'z'], ['zsh']],
  [
    ['personguide', 'import', '--match', 'e'],
    ['external-id', 'email'],
  ],
  [['personguide', 'export', '--form'], ['--format']],
  [['personguide', 'list', '--address', ''], []],
])('bash completes %j', async (words, expected) => {
  expect(await completionsOf(words)).toEqual(expected);
});

it('bash offers all commands', async () => {
  expect(await completionsOf(['personguide', ''])).toEqual(
    expect.arrayContaining(['serve', 'demo', 'phone', 'list', 'record', 'user', 'completion']),
  );
});

describe('the scripts for other shells', () => {
  const program = new Command('personguide').addCommand(
    new Command('user').description("a user's commands").addCommand(
      new Command('add')
        .description('add a user')
        .argument('<FILE>')
        .addOption(new Option('--tls-ca <file>', 'trust it'))
        .addOption(new Option('--kind <kind>', 'its kind').choices(['a', 'b'])),
    ),
  );
  const spec = completionSpecOf(program);

  it('zsh has the words of each command with their descriptions', () => {
    const script = completionScript('zsh', spec);
    expect(script).toMatch(/^#compdef personguide\n/);
    expect(script).toContain("'user:a user'\\''s commands'");
    expect(script).toContain('/user | /user/add) command="$command/$word"');
    expect(script).toContain('--tls-ca) _files; return ;;');
    expect(script).toContain('--kind) compadd -- a b; return ;;');
  });

  it('fish has a line for each word of a command', () => {
    const lines = completionScript('fish', spec).split('\n');
    expect(lines).toContain(
      String.raw`complete -c personguide -n '__personguide_at \'/user\'' -a add -d 'add a user'`,
    );
    expect(lines).toContain(
      String.raw`complete -c personguide -n '__personguide_at \'/user/add\'' -l tls-ca -r -F -d 'trust it'`,
    );
    expect(lines).toContain(
      String.raw`complete -c personguide -n '__personguide_at \'\'' -a user -d 'a user\'s commands'`,
    );
    expect(lines).toContain(
      String.raw`complete -c personguide -n '__personguide_at \'/user/add\'' -F`,
    );
  });
});
