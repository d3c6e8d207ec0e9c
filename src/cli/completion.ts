import { Argument, Command } from 'commander';
import { completionScript, shells, type Shell } from './completion-scripts.js';
import { completionSpecOf } from './completion-spec.js';

/** `personguide completion`: prints the script that completes the program in a shell. */
export function completionCommand(loadProgram: () => Promise<Command>): Command {
  return new Command('completion')
    .description('print the script that completes commands and options in a shell')
    .addHelpText(
      'after',
      `
Example:
  bash, in ~/.bashrc:                     eval "$(personguide completion bash)"
  zsh, in ~/.zshrc after compinit:        source <(personguide completion zsh)
  fish, in ~/.config/fish/config.fish:    personguide completion fish | source`,
    )
    .addArgument(new Argument('<SHELL>', 'the shell').choices(shells))
    .action(async (shell: Shell) => {
      process.stdout.write(completionScript(shell, completionSpecOf(await loadProgram())));
    });
}
