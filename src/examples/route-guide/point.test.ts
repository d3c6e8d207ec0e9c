import { checkedPoint, distanceMetres } from './point.js';

const at = (latitudeDegrees: number, longitudeDegrees: number) => ({
  latitude: latitudeDegrees * 1e7,
  longitude: longitudeDegrees * 1e7,
});
const HALF_WAY_ROUND = Math.PI * 6_371_000;

describe('the distance between two points', () => {
  it.each([
    ['equal points', at(41, -74), at(41, -74), 0],
    ['one degree along the equator', at(0, 10), at(0, 11), HALF_WAY_ROUND / 180],
    ['one degree along a meridian', at(50, 7), at(51, 7), HALF_WAY_ROUND / 180],
    ['from pole to pole', at(90, 0), at(-90, 120), HALF_WAY_ROUND],
    ['between antipodes', at(12, 30), at(-12, -150), HALF_WAY_ROUND],
    ['across the date line', at(0, 179.5), at(0, -179.5), HALF_WAY_ROUND / 180],
    ['one degree along the 60th parallel', at(60, 0), at(60, 1), 55_597],
  ])('is right for %s', (_, from, to, metres) => {
    expect(Math.abs(distanceMetres(from, to) - metres)).toBeLessThan(1);
    expect(distanceMetres(to, from)).toBe(distanceMetres(from, to));
  });
});

describe('a point', () => {
  it('may be a pole or on the date line', () => {
    expect(checkedPoint(at(-90, 180))).toEqual(at(-90, 180));
  });

  it('is rejected if it is out of range, with both of its fields', () => {
    expect(() => checkedPoint(at(90.1, -180.1), 'lo')).toThrow(
      'lo.latitude: must be from -900000000 to 900000000; ' +
        'lo.longitude: must be from -1800000000 to 1800000000',
    );
  });

  it('is rejected if it is missing', () => {
    expect(() => checkedPoint(undefined, 'location')).toThrow('location: must be set');
  });
});
