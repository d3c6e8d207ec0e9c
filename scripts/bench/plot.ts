import type { GrowthPoint } from './growth.js';

interface Panel {
  readonly title: string;
  value(point: GrowthPoint): number;
}

const PANELS: readonly Panel[] = [
  { title: 'GetPhone: calls per second', value: ({ getPhone }) => getPhone.perSecond.median },
  { title: 'ListPersons: people per second', value: (p) => p.listPersons.perSecond.median },
  { title: 'Resident memory: MiB', value: (point) => point.residentMiB },
];
const COLORS = ['#0b6e4f', '#c2571a', '#3b5ba9', '#7a3b8f', '#555555'];
const PLOT = { width: 260, height: 200, left: 64, top: 64, gap: 90, bottom: 60 };
const GRID_LINES = 4;

/** An SVG picture: one panel per quantity, one line per server, people on a logarithmic axis. */
export function growthPicture(points: readonly GrowthPoint[]): string {
  const servers = [...new Set(points.map(({ server }) => server))];
  const width = PANELS.length * (PLOT.width + PLOT.gap);
  const height = PLOT.top + PLOT.height + PLOT.bottom;
  const panels = PANELS.map((panel, index) => {
    const x = PLOT.left + index * (PLOT.width + PLOT.gap);
    return `<g transform="translate(${x} ${PLOT.top})">${panelOf(panel, points, servers)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}"`,
    ` height="${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>\n`,
    legend(servers),
    panels.join('\n'),
    '\n</svg>\n',
  ].join('');
}

function legend(servers: readonly string[]): string {
  const entries = servers.map((server, index) => {
    const x = PLOT.left + index * 130;
    const line = `<path d="M${x} 20h24" stroke="${colorOf(index)}" stroke-width="2.5"/>`;
    return line + text(x + 32, 24, server);
  });
  return entries.join('') + '\n';
}

function panelOf(
  { title, ...panel }: Panel,
  points: readonly GrowthPoint[],
  servers: readonly string[],
): string {
  const steps = [...new Set(points.map(({ people }) => people))].sort((a, b) => a - b);
  const logs = steps.map(Math.log10);
  const [first = 0, last = first + 1] = [logs[0], logs.at(-1)];
  const top = niceCeiling(Math.max(...points.map((point) => panel.value(point))));
  const x = (people: number): number =>
    ((Math.log10(people) - first) / Math.max(last - first, 1e-9)) * PLOT.width;
  const y = (amount: number): number => PLOT.height * (1 - amount / top);
  const lines = servers.map((server, index) => {
    const places = points
      .filter((point) => point.server === server)
      .map((point) => [x(point.people), y(panel.value(point))] as const);
    return lineThrough(places, colorOf(index));
  });
  return [
    text(0, -14, title, 'font-weight="600"'),
    ...gridLines(top, y),
    ...steps.map((people) => text(x(people), PLOT.height + 18, short(people), CENTERED)),
    text(PLOT.width / 2, PLOT.height + 38, 'people in the directory', CENTERED),
    ...lines,
  ].join('\n');
}

const CENTERED = 'text-anchor="middle"';

function gridLines(top: number, y: (amount: number) => number): string[] {
  return Array.from({ length: GRID_LINES + 1 }, (_, index) => {
    const amount = (top * index) / GRID_LINES;
    const color = index === 0 ? '#333333' : '#dddddd';
    const label = text(-8, y(amount) + 4, short(amount), 'text-anchor="end"');
    return `<path d="M0 ${y(amount).toFixed(1)}h${PLOT.width}" stroke="${color}"/>${label}`;
  });
}

function lineThrough(places: readonly (readonly [number, number])[], color: string): string {
  const path = places.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L');
  const dots = places.map(
    ([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3.5" fill="${color}"/>`,
  );
  return `<path d="M${path}" fill="none" stroke="${color}" stroke-width="2.5"/>${dots.join('')}`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="#222222" ${attributes}>${content}</text>`;
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? '#000000';
}

/** The least of 1, 2, 4, 8, 10 times a power of ten that is not below the value. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return ([1, 2, 4, 6, 8, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

function short(amount: number): string {
  if (amount >= 1_000_000) return `${amount / 1_000_000}M`;
  return amount >= 1_000 ? `${amount / 1_000}k` : String(amount);
}
