import { writeFileSync } from 'node:fs';
import { StartError } from 'personguide/server';
import { thrownBy } from '../../test-support/outcome.js';
import { temporaryFolder } from '../../test-support/temporary-folder.js';
import { createFeatures, readFeatures } from './features.js';

const place = (name: string, latitude: number, longitude: number) => ({
  name,
  location: { latitude, longitude },
});

describe('the features', () => {
  const features = createFeatures([
    place('corner', 10, 20),
    place('inside', 15, 25),
    place('', 16, 26),
    place('outside', 15, 31),
  ]);

  it('are found at exactly their own point', () => {
    expect(features.at({ latitude: 10, longitude: 20 })).toEqual(place('corner', 10, 20));
    expect(features.at({ latitude: 10, longitude: 21 })).toEqual(place('', 10, 21));
  });

  it.each([
    [
      { latitude: 10, longitude: 20 },
      { latitude: 20, longitude: 30 },
    ],
    [
      { latitude: 20, longitude: 30 },
      { latitude: 10, longitude: 20 },
    ],
    [
      { latitude: 20, longitude: 20 },
      { latitude: 10, longitude: 30 },
    ],
  ])('are listed between any two corners if they have a name', (lo, hi) => {
    expect(features.within({ lo, hi }).map(({ name }) => name)).toEqual(['corner', 'inside']);
  });
});

describe('a file of features', () => {
  const folder = temporaryFolder();
  const file = folder.file('features.json');
  afterAll(() => {
    folder[Symbol.dispose]();
  });

  it('is read in the well-known form', () => {
    writeFileSync(file, '[{"location": {"latitude": 1, "longitude": -2}, "name": "x"}]');
    expect(readFeatures(file)).toEqual([place('x', 1, -2)]);
  });

  it("is read in grpc-java's form", () => {
    writeFileSync(
      file,
      '{"feature": [{"location": {"latitude": 1, "longitude": -2}, "name": "x"}, ' +
        '{"location": {"latitude": 3, "longitude": 4}, "name": ""}]}',
    );
    expect(readFeatures(file)).toEqual([place('x', 1, -2), place('', 3, 4)]);
  });

  it('may begin with a UTF-8 byte order mark', () => {
    writeFileSync(file, '\ufeff[]');
    expect(readFeatures(file)).toEqual([]);
  });

  it.each([
    ['nothing', '', 'JSON'],
    ['two lines of text', 'no\nlist', 'JSON'],
    ['an object without features', '{}', 'it must be an array of features, or an object'],
    ['a feature that is not in an array', '{"feature": {}}', 'it must be an array of features'],
    ['null', 'null', 'it must be an array of features'],
    ['a feature without a location', '[{"name": "x"}]', '[0] must have a name and a location'],
    ['degrees', '[{"location": {"latitude": 1.5, "longitude": 2}}]', '[0] must have'],
    [
      'a location out of range',
      '[{"location": {"latitude": 1e9, "longitude": 2}}]',
      '[0].location.latitude',
    ],
    ["an invalid entry in grpc-java's form", '{"feature": [{}]}', ' feature[0] must have a name'],
  ])('is rejected with a one-line error if it contains %s', (_, text, reason) => {
    writeFileSync(file, text);
    const failure = thrownBy(() => readFeatures(file)) as StartError;
    expect(failure).toBeInstanceOf(StartError);
    expect(failure.message).toContain(`cannot read features from ${file}: `);
    expect(failure.message).toContain(reason);
    expect(failure.message).not.toContain('\n');
  });

  it('is rejected if it does not exist', () => {
    expect(() => readFeatures(folder.file('missing.json'))).toThrow('no such file');
  });
});
