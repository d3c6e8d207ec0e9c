import { ScrollScale } from './scroll-scale.js';

const ROW_PX = 50;
const VIEW_PX = 500;
const MAX_PX = 100_000;

function scaleOf(rows: number): ScrollScale {
  const scale = new ScrollScale(MAX_PX);
  scale.resize(rows * ROW_PX, VIEW_PX);
  return scale;
}

describe('The scroll bar', () => {
  it('has the position of the content as long as the content fits into an element', () => {
    const scale = scaleOf(1000);
    expect(scale.scrollPx).toBe(50_000);
    scale.scrolledTo(40_000);
    expect(scale.contentTop).toBe(40_000);
    expect(scale.offset).toBe(0);
    expect(scale.goTo(1234)).toBe(1234);
  });

  it('reaches the first and the last row of a content that is too large', () => {
    const scale = scaleOf(1_000_000);
    expect(scale.scrollPx).toBe(MAX_PX);
    scale.scrolledTo(MAX_PX - VIEW_PX);
    expect(scale.contentTop).toBe(1_000_000 * ROW_PX - VIEW_PX);
    scale.scrolledTo(0);
    expect(scale.contentTop).toBe(0);
  });

  it('moves the rows of a large content by as much as the wheel says', () => {
    const scale = scaleOf(1_000_000);
    scale.scrolledTo(50_000);
    const before = scale.contentTop;
    scale.scrolledTo(50_120);
    expect(scale.contentTop - before).toBe(120);
    scale.scrolledTo(50_020);
    expect(scale.contentTop - before).toBe(20);
  });

  it('goes far in proportion', () => {
    const scale = scaleOf(1_000_000);
    scale.scrolledTo((MAX_PX - VIEW_PX) / 2);
    expect(scale.contentTop).toBeCloseTo((1_000_000 * ROW_PX - VIEW_PX) / 2);
  });

  it('can be put where it belongs without moving the rows', () => {
    const scale = scaleOf(1_000_000);
    scale.scrolledTo(50_000);
    for (let step = 1; step <= 50; step += 1) scale.scrolledTo(50_000 + step * 100);
    const { contentTop } = scale;
    const scrollTop = scale.goTo(contentTop);
    expect(scrollTop).toBeLessThan(50_100);
    scale.scrolledTo(scrollTop);
    expect(scale.contentTop).toBe(contentTop);
    expect(scale.offset).toBe(scrollTop - contentTop);
  });

  it('stays at the end when the content becomes shorter', () => {
    const scale = scaleOf(1_000_000);
    scale.scrolledTo(MAX_PX - VIEW_PX);
    scale.resize(900_000 * ROW_PX, VIEW_PX);
    expect(scale.contentTop).toBe(900_000 * ROW_PX - VIEW_PX);
  });
});
