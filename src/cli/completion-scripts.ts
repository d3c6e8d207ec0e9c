import type { CompletedOption, CompletedWord, CompletionSpec } from './completion-spec.js';

/** The shells for which there is a script. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** A shell for which there is a script. */
export type Shell = (typeof shells)[number];

/** The script that completes `personguide` in a shell. */
export function completionScript(shell: Shell, spec: CompletionSpec): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](spec);
}

function bashScript({ commands, options }: CompletionSpec): string {
  const cases = commands.map(({ path, words, takesFile }) =>
    [
      `    ${quoted(path)})`,
      `      words=${quoted(words.map(({ word }) => word).join(' '))}`,
      ...(takesFile ? ['      compopt -o default 2>/dev/null'] : []),
      '      ;;',
    ].join('\n'),
  );
  return `# bash completion for personguide: eval "$(personguide completion bash)"
_personguide() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command='' words='' index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$command/\${COMP_WORDS[index]}" in
      ${pathPattern(commands)}) command="$command/\${COMP_WORDS[index]}" ;;
    esac
  done
  case "$previous" in
${optionCases(options, {
  file: 'compopt -o default 2>/dev/null; return',
  values: (values) => `COMPREPLY=($(compgen -W ${quoted(values.join(' '))} -- "$current")); return`,
})}
  esac
  case "$command" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _personguide personguide
`;
}

function zshScript({ commands, options }: CompletionSpec): string {
  const cases = commands.map(({ path, words, takesFile }) =>
    [
      `    ${quoted(path)})`,
      '      completions=(',
      ...words.map((word) => `        ${quoted(zshWord(word))}`),
      '      )',
      ...(takesFile ? ['      _files'] : []),
      '      ;;',
    ].join('\n'),
  );
  return `#compdef personguide
# zsh completion for personguide: source <(personguide completion zsh)
compdef _personguide personguide

_personguide() {
  local command='' word
  local -a completions
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$command/$word" in
      ${pathPattern(commands)}) command="$command/$word" ;;
    esac
  done
  case "\${words[CURRENT-1]}" in
${optionCases(options, {
  file: '_files; return',
  values: (values) => `compadd -- ${values.join(' ')}; return`,
})}
  esac
  case "$command" in
${cases.join('\n')}
  esac
  _describe -o personguide completions
}

# A script that is autoloaded completes at its first use; one that is sourced only defines it.
if [ "\${funcstack[1]}" = "_personguide" ]; then _personguide "$@"; fi
`;
}

function fishScript({ commands, options }: CompletionSpec): string {
  const lines = commands.flatMap(({ path, words, takesFile }) => {
    const at = `complete -c personguide -n ${fishQuoted(`__personguide_at ${fishQuoted(path)}`)}`;
    const files = takesFile ? [`${at} -F`] : [];
    return [...files, ...words.map((word) => `${at} ${fishWord(word, options)}`)];
  });
  return `# fish completion for personguide: personguide completion fish | source
function __personguide_at
  set -l command ''
  set -l words (commandline -opc)
  set -e words[1]
  for word in $words
    switch "$command/$word"
      case ${commands
        .filter(({ path }) => path !== '')
        .map(({ path }) => path)
        .join(' ')}
        set command "$command/$word"
    end
  end
  test "$command" = "$argv[1]"
end
complete -c personguide -f
${lines.join('\n')}
`;
}

function fishWord(
  { word, description }: CompletedWord,
  options: readonly CompletedOption[],
): string {
  const text = description === '' ? '' : ` -d ${fishQuoted(description)}`;
  if (!word.startsWith('--')) return `-a ${word}${text}`;
  const option = options.find(({ flag }) => flag === word);
  return `-l ${word.slice(2)}${fishValue(option)}${text}`;
}

function fishValue(option: CompletedOption | undefined): string {
  if (option === undefined) return '';
  if (option.takesFile) return ' -r -F';
  return option.values === undefined ? ' -x' : ` -x -a ${fishQuoted(option.values.join(' '))}`;
}

/** Cases of bash and zsh for the word after an option with a value. */
function optionCases(
  options: readonly CompletedOption[],
  { file, values }: { file: string; values: (values: readonly string[]) => string },
): string {
  return options
    .map((option) => {
      if (option.takesFile) return `    ${option.flag}) ${file} ;;`;
      return `    ${option.flag}) ${option.values === undefined ? 'return' : values(option.values)} ;;`;
    })
    .join('\n');
}

/** The pattern of a case of bash and zsh that matches the paths of all commands. */
function pathPattern(commands: CompletionSpec['commands']): string {
  return commands
    .map(({ path }) => path)
    .filter((path) => path !== '')
    .join(' | ');
}

/** zsh separates a word and its description by a colon. */
function zshWord({ word, description }: CompletedWord): string {
  return description === '' ? word : `${word}:${description}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`;
}
