import { completeLimits, defaultLimits, limitRules, parseLimits } from './limits.js';

it('has these defaults', () => {
  expect(defaultLimits).toMatchObject({
    connections: 10_000,
    streamsPerConnection: 100,
    connectionIdleMs: 300_000,
    unaryMessageBytes: 65_536,
    streamMessageBytes: 1_048_576,
    unaryDeadlineMs: 5000,
  });
  expect(parseLimits('')).toEqual(defaultLimits);
});

it('replaces the limits that are named, also with spaces around them', () => {
  expect(parseLimits('connections=5, unary-message=1MiB ,queue=1.5s')).toEqual({
    ...defaultLimits,
    connections: 5,
    unaryMessageBytes: 1_048_576,
    queueMs: 1500,
  });
});

it('reads every limit by its name', () => {
  for (const [key, { name, unit }] of Object.entries(limitRules)) {
    const value = { number: '7', duration: '7ms', size: '7B' }[unit];
    expect(parseLimits(`${name}=${value}`)).toEqual({ ...defaultLimits, [key]: 7 });
  }
});

it.each([
  ['conections=5', /^must be name=value, and name one of .*; did you mean connections\?$/],
  ['connections', /^connections must be a number above 0$/],
  ['connections=0', /^connections must be a number above 0$/],
  ['connections=1.5', /^connections must be a number above 0$/],
  ['connections=-1', /^connections must be a number above 0$/],
  ['queue=5', /^queue must be a duration such as/],
  ['unary-message=5', /^unary-message must be a size such as 64KiB or 1MiB$/],
  ['unary-message=0B', /^unary-message must be a size/],
])('refuses "%s"', (text, message) => {
  expect(() => parseLimits(text)).toThrow(message);
});

it('completes limits given in code', () => {
  expect(completeLimits({ connections: Infinity })).toEqual({
    ...defaultLimits,
    connections: Infinity,
  });
  expect(() => completeLimits({ connections: NaN })).toThrow('limits.connections must be a number');
});
