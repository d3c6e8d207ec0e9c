// Completes package-lock.json: `npm install` behind some mirrors leaves out the packages of other
// platforms, and `npm ci` then fails there with "Missing ... from lock file". Adds a record for
// each optional dependency that has none. Run it after every `npm install`:
//   node scripts/lockfile.mjs          repairs
//   node scripts/lockfile.mjs --check  only reports, exit code 1 if records are missing
import { readFileSync, writeFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const missing = [];
for (const [owner, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (!isRecorded(owner, name))
      missing.push({ owner, name, dev, version: version.replace(/^[^0-9]*/, '') });
  }
}

if (process.argv.includes('--check')) {
  for (const { owner, name } of missing) console.error(`${owner} lacks the record of ${name}`);
  process.exitCode = missing.length > 0 ? 1 : 0;
} else {
  for (const { name, version, dev } of missing)
    lock.packages[`node_modules/${name}`] = record(name, version, dev);
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${missing.length} records added`);
}

/** Whether npm would find the package from that folder, looking upwards. */
function isRecorded(owner, name) {
  for (
    let folder = owner;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

/**
 * What npm needs to know of a package that it may leave out. Asks no registry, because the one at
 * hand may be the very one that lacks it: such packages carry their platform in their name.
 */
function record(name, version, dev) {
  const words = name.split('/').at(-1).split(/[-.]/);
  const os = [
    'aix',
    'android',
    'darwin',
    'freebsd',
    'linux',
    'netbsd',
    'openbsd',
    'openharmony',
    'sunos',
    'win32',
  ];
  const cpu = [
    'arm',
    'arm64',
    'ia32',
    'loong64',
    'mips64el',
    'ppc64',
    'riscv64',
    's390x',
    'wasm32',
    'x64',
  ];
  const libc = words.includes('musl') || words.includes('musleabihf') ? ['musl'] : ['glibc'];
  const cpuWord = words.includes('armv7') ? 'arm' : words.find((word) => cpu.includes(word));
  const osWord = words.find((word) => os.includes(word));
  return {
    version,
    ...(cpuWord && { cpu: [cpuWord] }),
    ...(osWord === 'linux' && words.some((word) => /^(gnu|musl)/.test(word)) && { libc }),
    ...(osWord && { os: [osWord] }),
    ...(dev && { dev }),
    optional: true,
  };
}
