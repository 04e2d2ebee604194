/** Screens as a picture that moves, in the light and the dark. Where nothing moves, the last one shows. */

export interface Frame {
  atMs: number;
  lines: string[];
}

const LINE = 19;
const CHARACTER = 8.4;
const MARGIN = 18;

const STYLE = `svg { --paper: #ffffff; --ink: #1f2328; --edge: #d0d7de; }
@media (prefers-color-scheme: dark) { svg { --paper: #0d1117; --ink: #e6edf3; --edge: #30363d; } }
rect { fill: var(--paper); stroke: var(--edge); }
text { fill: var(--ink); font: 14px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; }
.command { font-weight: bold; }`;

/** `holdMs` is how long the last screen stays before the first comes again. */
export function film(title: string, command: string, frames: readonly Frame[], holdMs: number): string {
  const rows = Math.max(...frames.map(({ lines }) => lines.length)) + 1;
  const columns = Math.max(command.length + 2, ...frames.flatMap(({ lines }) => lines.map((l) => l.length)));
  const width = Math.ceil(columns * CHARACTER + 2 * MARGIN);
  const height = rows * LINE + 2 * MARGIN;
  const duration = frames.at(-1)!.atMs + holdMs;
  const shift = (at: number): string => `transform: translateY(${at === 0 ? 0 : -at * height}px)`;
  const stops = frames.map(({ atMs }, at) => `${((100 * atMs) / duration).toFixed(2)}% { ${shift(at)} }`);
  const texts = frames.flatMap(({ lines }, at) =>
    [`<tspan class="command">$ ${escaped(command)}</tspan>`, ...lines.map(escaped)].flatMap((line, row) =>
      line === ""
        ? []
        : `<text x="${MARGIN}" y="${at * height + MARGIN + (row + 1) * LINE - 5}">${line}</text>`,
    ),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<style>
${STYLE}
.film { ${shift(frames.length - 1)}; }
@keyframes play { ${stops.join(" ")} }
@media (prefers-reduced-motion: no-preference) { .film { animation: play ${(duration / 1000).toFixed(1)}s step-end infinite; } }
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>
<g class="film">
${texts.join("\n")}
</g>
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
