/**
 * `npm run pack:client`: packs the client alone, out of the same build, as a package of its own for
 * services that never run a server. Prints the path of the tarball.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { temporaryFolder } from '../src/test-support/temporary-folder.js';
import { copyBuilt, packFolder } from './verify/packed-package.js';

/** The name of the package with the client alone. */
export const SLIM_NAME = 'personguide-client';

/** All that the client needs at run time. */
const dependencies = ['@bufbuild/protobuf', '@grpc/grpc-js', 'long'] as const;

/** What it uses if the service that installs it does. */
const peers = ['@opentelemetry/api'] as const;

interface Manifest extends Record<string, unknown> {
  readonly dependencies: Readonly<Record<(typeof dependencies)[number], string>>;
}

/** Packs the built client into the folder; resolves with the path of the tarball. */
export async function packClient(into: string): Promise<string> {
  using stage = temporaryFolder();
  await stageClient(stage.path);
  return await packFolder(stage.path, into);
}

async function stageClient(stage: string): Promise<void> {
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;
  await cp('LICENSE', join(stage, 'LICENSE'));
  for (const module of await modulesFrom('dist/src/index')) {
    await copyBuilt(`${module}.js`, stage);
    await copyBuilt(`${module}.d.ts`, stage);
  }
  await copyBuilt('dist/gen', stage);
  await cp('proto', join(stage, 'proto'), { recursive: true });
  await writeFile(
    join(stage, 'package.json'),
    `${JSON.stringify(slimManifest(manifest), null, 2)}\n`,
  );
  await writeFile(join(stage, 'README.md'), README);
}

/** A built module, and all that its code or its types import; without file extensions. */
async function modulesFrom(module: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(module)) return found;
  found.add(module);
  for (const extension of ['.js', '.d.ts']) {
    const text = await readFile(`${module}${extension}`, 'utf8');
    for (const [, target = ''] of text.matchAll(/(?:from |require\()["'](\.[^"']+)\.js["']/g)) {
      await modulesFrom(join(dirname(module), target), found);
    }
  }
  return found;
}

function slimManifest(manifest: Manifest): object {
  // Under its own name, `exports` would hide the one of this CommonJS module.
  const { version, keywords, license, engines, exports: entries, typesVersions } = manifest;
  return {
    name: SLIM_NAME,
    version,
    description: 'The typed, streaming client of personguide, without its server',
    keywords,
    license,
    type: 'commonjs',
    engines,
    main: 'dist/src/index.js',
    types: 'dist/src/index.d.ts',
    exports: pick(entries, ['.', './gen/*.js', './gen/*', './proto/*', './package.json']),
    typesVersions: { '*': pick((typesVersions as Record<string, unknown>)['*'], ['gen/*']) },
    // Only the server's reflection needs the descriptors.
    files: ['dist', 'proto', '!dist/**/*.test.*', '!dist/**/*.map', '!dist/gen/descriptors.*'],
    dependencies: pick(manifest.dependencies, dependencies),
    peerDependencies: pick(manifest['peerDependencies'], peers),
    peerDependenciesMeta: pick(manifest['peerDependenciesMeta'], peers),
  };
}

function pick(from: unknown, names: readonly string[]): object {
  const values = from as Readonly<Record<string, unknown>>;
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

const README = `# ${SLIM_NAME}

The client of [personguide](https://www.npmjs.com/package/personguide) alone, for services that never
run its server: the same \`connect\`, \`openChannel\` and \`RpcError\`, and the same generated modules below
\`${SLIM_NAME}/gen/\`. It depends on ${dependencies.join(', ')}.

\`\`\`ts
import { connect } from '${SLIM_NAME}';

await using directory = connect('localhost:50051');
const phone = await directory.people.getPhone({ id: 1 });
\`\`\`

Your tests get a real server from the whole package, as a development dependency: install
\`personguide\` with \`--save-dev\`, and connect to the address of a directory in memory.

\`\`\`ts
import { startTestDirectory } from 'personguide/testing';
import { connect } from '${SLIM_NAME}';

await using test = await startTestDirectory({ people: [{ id: 1, name: 'Ada' }] });
await using directory = connect(test.address);
\`\`\`
`;

if (require.main === module) {
  void packClient(resolve('.')).then(console.log);
}
