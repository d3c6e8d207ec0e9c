import type { Command, Option } from 'commander';
import { authKinds, logLevels } from '../config.js';

/** A command, as completion scripts need it. */
export interface CompletedCommand {
  /** `/user/add`; empty for the program itself. */
  readonly path: string;
  /** Subcommands and options that can follow. */
  readonly words: readonly CompletedWord[];
  /** Whether a file can follow. */
  readonly takesFile: boolean;
}

/** A word that can be typed. */
export interface CompletedWord {
  readonly word: string;
  readonly description: string;
}

/** An option with a value. */
export interface CompletedOption {
  readonly flag: string;
  /** The values to choose from; undefined for any text. */
  readonly values: readonly string[] | undefined;
  readonly takesFile: boolean;
}

/** What a program offers, as completion scripts need it. */
export interface CompletionSpec {
  /** The program first, then its commands, each before its subcommands. */
  readonly commands: readonly CompletedCommand[];
  /** The options that have values, each once. */
  readonly options: readonly CompletedOption[];
}

/** The values of options that commander does not know. */
const valuesByFlag: Readonly<Record<string, readonly string[]>> = {
  '--log-level': logLevels,
  '--auth': authKinds,
  '--web': ['on', 'off'],
};

/** Describes a program and all its commands. */
export function completionSpecOf(program: Command): CompletionSpec {
  const tree = commandsBelow(program, '');
  const options = new Map(
    tree.flatMap(({ command }) =>
      optionsOf(command)
        .filter((option) => option.required || option.optional)
        .map((option) => [option.long, completedOption(option)]),
    ),
  );
  return {
    commands: tree.map(({ command, path }) => ({
      path,
      words: wordsOf(command),
      takesFile: command.registeredArguments.some((argument) => argument.name() === 'FILE'),
    })),
    options: [...options.values()],
  };
}

interface PathCommand {
  readonly path: string;
  readonly command: Command;
}

function commandsBelow(command: Command, path: string): PathCommand[] {
  const below = command.commands.flatMap((child) =>
    commandsBelow(child, `${path}/${child.name()}`),
  );
  return [{ path, command }, ...below];
}

function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command);
}

function wordsOf(command: Command): CompletedWord[] {
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
  return [
    ...command.commands.map((child) => ({
      word: child.name(),
      description: child.summary() || child.description(),
    })),
    ...choices.map((word) => ({ word, description: '' })),
    ...optionsOf(command).map((option) => ({
      word: option.long ?? option.flags,
      description: option.description,
    })),
  ];
}

function completedOption(option: Option): CompletedOption {
  const flag = option.long ?? option.flags;
  return {
    flag,
    values: valuesByFlag[flag] ?? option.argChoices,
    // The URL of a store may be a file.
    takesFile: /<(file|url)>/.test(option.flags),
  };
}
