import { warnOfNode } from './node-version.js';

it.each([
  ['20.20.2', 1],
  ['22.22.9', 1],
  ['22.23.0', 0],
  ['23.11.0', 1],
  ['24.16.3', 1],
  ['24.17.0', 0],
  ['25.0.0', 0],
])('on Node %s there are %i warnings', (version, count) => {
  const warnings: unknown[] = [];
  const warn = (fields: unknown): number => warnings.push(fields);
  warnOfNode(version, { warn } as never);
  expect(warnings).toEqual(Array(count).fill({ node: version }));
});
