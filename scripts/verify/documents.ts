import { mkdir } from 'node:fs/promises';
import { temporaryFolder } from '../../src/test-support/temporary-folder.js';
import { commandSteps } from './document-commands.js';
import { namesAreReal, settingsAreListed } from './document-facts.js';
import { linksResolve } from './document-links.js';
import { compileStep, moduleSteps } from './document-modules.js';
import { installTarball } from './installed-package.js';
import { fencesOf, readDocuments } from './markdown.js';
import { packWhole } from './packed-package.js';
import { runSteps, sumOf, type Count } from './step.js';

/** Runs and compiles the snippets of all documents, and checks the names and links in them. */
export async function documents(): Promise<Count> {
  const all = await readDocuments();
  const fences = all.flatMap(fencesOf);
  using folder = temporaryFolder();
  const root = folder.file('installed');
  await mkdir(root);
  await installTarball(await packWhole(folder.path), root, [
    ...['@types/node', '@types/jest'],
    ...['@opentelemetry/api', '@opentelemetry/sdk-trace-node'],
  ]);
  const texts = await runSteps([
    { name: 'documents: links', run: () => linksResolve(all) },
    { name: 'documents: settings', run: () => settingsAreListed(all) },
    { name: 'documents: versions and commands', run: () => namesAreReal(all) },
    compileStep(root, fences),
  ]);
  const snippets = [...moduleSteps(root, fences), ...commandSteps(root, fences)];
  return sumOf([texts, await runSteps(snippets, 2)]);
}
