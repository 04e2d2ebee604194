const BAR_WIDTH = 24;

/** How far a run is, the most important part first. */
export interface Status {
  /** What is delivered, from 0 to 1, where the end is known. */
  share?: number | undefined;
  parts: string[];
}

/** As one line that fits the terminal: the last parts are left out first. */
export function statusLine(name: string, { share, parts }: Status, width: number): string {
  const shown = [...parts];
  for (;;) {
    const line = [name, ...(share === undefined ? [] : [bar(share)]), ...shown].join("  ");
    if (line.length < width) return line;
    if (shown.length === 1) return line.slice(0, Math.max(0, width - 1));
    shown.pop();
  }
}

/** The same for a log. */
export function statusText(name: string, { share, parts }: Status): string {
  return `${name}: ${[...(share === undefined ? [] : [percent(share)]), ...parts].join(", ")}`;
}

function bar(share: number): string {
  const full = Math.floor(share * BAR_WIDTH);
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${percent(share).padStart(5)}`;
}

export function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
