/**
 * `npm run pack:client`: packs the client alone, out of the same build, as a package of its own for
 * services that never run a server. Prints the path of the tarball.
 */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { packFolder } from './verify/installed-package.js';
import { inTempFolder } from './verify/temp-folder.js';

/** The name of the package with the client alone. */
export const SLIM_NAME = 'personguide-client';

/** All that the client needs at run time. */
const dependencies = ['@bufbuild/protobuf', '@grpc/grpc-js', 'long'] as const;

/** What the client imports beside its own folder and the generated modules. */
const sharedFiles = ['index', 'host-port'].flatMap((module) => [
  `dist/src/${module}.js`,
  `dist/src/${module}.d.ts`,
]);

interface Manifest extends Record<string, unknown> {
  readonly dependencies: Readonly<Record<(typeof dependencies)[number], string>>;
}

/** Packs the built client into the folder; resolves with the path of the tarball. */
export function packClient(into: string): Promise<string> {
  return inTempFolder(async (stage) => {
    await stageClient(stage);
    return packFolder(stage, into);
  });
}

async function stageClient(stage: string): Promise<void> {
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;
  await mkdir(join(stage, 'dist/src'), { recursive: true });
  for (const file of [...sharedFiles, 'LICENSE']) await cp(file, join(stage, file));
  for (const folder of ['dist/src/client', 'dist/gen']) {
    await cp(folder, join(stage, folder), { recursive: true });
  }
  await writeFile(
    join(stage, 'package.json'),
    `${JSON.stringify(slimManifest(manifest), null, 2)}\n`,
  );
  await writeFile(join(stage, 'README.md'), README);
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
    exports: pick(entries, ['.', './gen/*', './package.json']),
    typesVersions: { '*': pick((typesVersions as Record<string, unknown>)['*'], ['gen/*']) },
    // Reflection is the server's, and so are the descriptors that it answers with.
    files: ['dist', '!dist/**/*.test.*', '!dist/**/*.map', '!dist/gen/descriptors.*'],
    dependencies: pick(manifest.dependencies, dependencies),
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
`;

if (require.main === module) {
  void packClient(resolve('.')).then(console.log);
}
