#!/usr/bin/env node
// The program `personguide`. Not dist/ itself: npx remembers a package whose program is not there
// yet, as before the first build, and then never finds it again.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const program = join(__dirname, '..', 'dist', 'src', 'main.js');
if (existsSync(program)) {
  require(program);
} else {
  console.error('personguide: not built yet; run npm start, or npm run build');
  process.exitCode = 1;
}
