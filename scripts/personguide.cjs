#!/usr/bin/env node
// The program `personguide`. The bin is not dist/src/main.js itself, because npx remembers a package
// whose bin does not exist, and would not find it after the first build.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const program = join(__dirname, '..', 'dist', 'src', 'main.js');
if (existsSync(program)) {
  require(program);
} else {
  console.error('personguide: not built yet; run npm start, or npm run build');
  process.exitCode = 1;
}
