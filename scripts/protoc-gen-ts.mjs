#!/usr/bin/env node
// The plugin that buf.gen.yaml calls: ts-proto, fed with the contract's comments
// less their `buf:lint:ignore` lines, which would else stand in every hover text.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { CodeGeneratorRequestSchema } from '@bufbuild/protobuf/wkt';

const tsProto = fileURLToPath(new URL('../node_modules/.bin/protoc-gen-ts_proto', import.meta.url));

const request = fromBinary(CodeGeneratorRequestSchema, readFileSync(0));
for (const location of request.protoFile.flatMap((file) => file.sourceCodeInfo?.location ?? [])) {
  location.leadingComments = location.leadingComments.replace(/^ *buf:lint:ignore .*\n?/gm, '');
}

const { status, stdout } = spawnSync(tsProto, {
  input: toBinary(CodeGeneratorRequestSchema, request),
  stdio: ['pipe', 'pipe', 'inherit'],
  maxBuffer: Infinity,
});
process.stdout.write(stdout);
process.exitCode = status ?? 1;
