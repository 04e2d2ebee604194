/** Line charts as plain SVG: greys that read on white and on black, colours that differ in brightness as well. */

interface Line {
  label: string;
  points: readonly (readonly [x: number, y: number])[];
  /** Marks the last point as the place where it broke off. */
  ends?: boolean;
}

interface LineChart {
  title: string;
  x: string;
  y: string;
  lines: readonly Line[];
  /** Where the y axis begins. Default 0. */
  from?: number;
  /** A level to be compared with. */
  level?: { y: number; label: string };
}

const WIDTH = 760;
const HEIGHT = 380;
const LEFT = 64;
const RIGHT = 24;
const TOP = 46;
const LEGEND_LINE = 20;
const BOTTOM = 52;
const INK = "#7d8590";
const COLORS = ["#1f9d76", "#3b82f6", "#e0663c", "#a371f7"];

export function lineChart({ title, x, y, lines, from = 0, level }: LineChart): string {
  const points = lines.flatMap((line) => line.points);
  const xTicks = ticks(Math.max(...points.map(([x]) => x)));
  const largest = Math.max(level?.y ?? 0, ...points.map(([, y]) => y));
  const yTicks = ticks(largest - from).map((tick) => Number((from + tick).toPrecision(12)));
  const height = HEIGHT + LEGEND_LINE * lines.length;
  const bottom = HEIGHT - BOTTOM;
  const scaleX = (value: number) => LEFT + (value / xTicks.at(-1)!) * (WIDTH - LEFT - RIGHT);
  const scaleY = (value: number) => bottom - ((value - from) / (yTicks.at(-1)! - from)) * (bottom - TOP);

  const parts: string[] = [];
  const text = (at: [number, number], content: string, rest = "") =>
    parts.push(`<text x="${round(at[0])}" y="${round(at[1])}" ${rest}>${escaped(content)}</text>`);
  const rule = (y: number, rest: string) =>
    parts.push(`<path d="M${LEFT} ${round(y)}H${WIDTH - RIGHT}" stroke="${INK}" ${rest}/>`);

  text([LEFT, 24], title, 'font-size="16" font-weight="600"');
  for (const tick of yTicks) {
    rule(scaleY(tick), `stroke-opacity="${tick === from ? 1 : 0.3}"`);
    text([LEFT - 8, scaleY(tick) + 4], tick.toLocaleString("en"), 'text-anchor="end"');
  }
  text([LEFT - 8, TOP - 12], y, 'text-anchor="end"');
  for (const tick of xTicks)
    text([scaleX(tick), bottom + 18], tick.toLocaleString("en"), 'text-anchor="middle"');
  text([(LEFT + WIDTH - RIGHT) / 2, bottom + 38], x, 'text-anchor="middle"');
  if (level !== undefined) {
    rule(scaleY(level.y), 'stroke-dasharray="5 4"');
    text([WIDTH - RIGHT, scaleY(level.y) - 6], level.label, 'text-anchor="end"');
  }

  lines.forEach(({ label, points, ends }, index) => {
    const color = COLORS[index % COLORS.length]!;
    const path = points.map(([x, y]) => `${round(scaleX(x))} ${round(scaleY(y))}`).join("L");
    parts.push(`<path d="M${path}" fill="none" stroke="${color}" stroke-width="2.5"/>`);
    const [lastX, lastY] = points.at(-1)!;
    const at = `${round(scaleX(lastX))} ${round(scaleY(lastY))}`;
    if (ends) parts.push(`<path d="M${at}m-6-6l12 12m0-12l-12 12" stroke="${color}" stroke-width="3"/>`);
    const row = HEIGHT + LEGEND_LINE * index;
    parts.push(`<path d="M${LEFT} ${row - 4}h22" stroke="${color}" stroke-width="4"/>`);
    text([LEFT + 30, row], label);
  });

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}" role="img" aria-label="${escaped(title)}">
${parts.join("\n")}
</svg>
`;
}

/** Round numbers from 0 to the first that is no less than the largest value. */
function ticks(largest: number): number[] {
  const rough = largest / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough)!;
  const count = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
