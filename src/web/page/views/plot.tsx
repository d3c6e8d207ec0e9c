import type { JSX } from 'preact';

interface PlotProps {
  readonly title: string;
  readonly unit: string;
  /** The oldest first; undefined where nothing is known. */
  readonly lines: readonly (readonly (number | undefined)[])[];
  readonly names: readonly string[];
  /** How many places the plot has. */
  readonly places: number;
  readonly format: (value: number) => string;
}

const WIDTH = 300;
const HEIGHT = 72;

/** A small drawing of how values went, with the latest in words. */
export function Plot({ title, unit, lines, names, places, format }: PlotProps): JSX.Element {
  const max = Math.max(1e-9, ...lines.flat().map((value) => value ?? 0)) * 1.1;
  const latest = lines.map((line) => line.at(-1));
  return (
    <figure class="plot">
      <figcaption>
        <span class="plot-title">{title}</span>
        <span class="plot-values">
          {names.map((name, index) => (
            <span key={name} class={`plot-value line-${index}`}>
              <span class="weak">{name} </span>
              {latest[index] === undefined ? '–' : `${format(latest[index])} ${unit}`}
            </span>
          ))}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {lines.map((line, index) => (
          <path key={names[index]} class={`line-${index}`} d={pathOf(line, places, max)} />
        ))}
      </svg>
    </figure>
  );
}

function pathOf(line: readonly (number | undefined)[], places: number, max: number): string {
  const offset = places - line.length;
  let isDrawing = false;
  const steps = line.map((value, index) => {
    if (value === undefined) {
      isDrawing = false;
      return '';
    }
    const x = ((offset + index) / (places - 1)) * WIDTH;
    const y = HEIGHT - 1 - (value / max) * (HEIGHT - 2);
    const step = `${isDrawing ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    isDrawing = true;
    return step;
  });
  return steps.join('');
}
