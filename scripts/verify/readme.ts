import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fencesOf } from './fences.js';
import { installTarball, packFolder } from './installed-package.js';
import { commandSteps } from './readme-commands.js';
import { namesAreReal, settingsAreTold } from './readme-facts.js';
import { moduleSteps } from './readme-modules.js';
import { runSteps, type Count } from './step.js';
import { inTempFolder } from './temp-folder.js';

/** Holds the README to its word: what it shows is compiled and run, what it names exists. */
export async function readme(file = 'README.md'): Promise<Count> {
  const markdown = await readFile(file, 'utf8');
  const fences = fencesOf(markdown);
  return inTempFolder(async (folder) => {
    const root = join(folder, 'installed');
    await mkdir(root);
    const types = ['@types/node', '@types/jest'];
    await installTarball(await packFolder('.', folder), root, types);
    return runSteps([
      { name: 'README: settings', run: checkSettings },
      { name: 'README: version and commands', run: () => namesAreReal(markdown) },
      ...moduleSteps(root, fences),
      ...commandSteps(root, fences),
    ]);
  });
}

async function checkSettings(): Promise<undefined> {
  return settingsAreTold(await readFile('src/server/README.md', 'utf8'));
}
