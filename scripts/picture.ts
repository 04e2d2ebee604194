/**
 * Draws docs/pictures/command-line.svg from a real run of the built command line against the fake: 25 s of real time, with a 429 on
 * its way. `npm run picture`
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createFakeBatch } from "batch-audiences/testing";
import { type Frame, film } from "./picture/film.ts";
import { Screen } from "./picture/screen.ts";

const PICTURE = "docs/pictures/command-line.svg";
const COMMAND = ["batch-audiences", "update", "vips", "tonight.csv", "--wait", "--skip-invalid"];
/** The command line redraws its status more often than a picture needs. */
const FRAME_MS = 1000;
const COLUMNS = 100;
/** Standard error is a pipe here. The program shall take it for a terminal. */
const AS_TERMINAL = `Object.assign(process.stderr, { isTTY: true, columns: ${COLUMNS} });`;

const folder = mkdtempSync(join(tmpdir(), "picture-"));
const batch = createFakeBatch({
  indexLag: { requests: 4 },
  script: [undefined, undefined, { status: 429, headers: { "Retry-After": "6" } }],
});
const server = await batch.listen();
try {
  writeFileSync(join(folder, "tonight.csv"), tonight());
  const frames = await record(folder, server.url);
  const title = "The command line sends a file, waits after a 429, and says what became of every record.";
  writeFileSync(PICTURE, film(title, `npx ${COMMAND.join(" ")}`, frames, 8_000));
  console.log(`${PICTURE}: ${frames.length} screens`);
} finally {
  await server.close();
  rmSync(folder, { recursive: true });
}

/** 61,200 records for 60,000 customers, and one that is wrong. */
function tonight(): string {
  const lines = ["id,action,city,orders:number"];
  for (let at = 1; at <= 60_000; at++) {
    lines.push(`customer-${at},add,Lyon,${at % 7}`);
    if (at % 50 === 0) lines.push(`customer-${at},remove,,`);
  }
  lines.push("customer-60001,add,Lyon,seven");
  return `${lines.join("\n")}\n`;
}

async function record(cwd: string, url: string): Promise<Frame[]> {
  const program = [
    "--import",
    `data:text/javascript,${encodeURIComponent(AS_TERMINAL)}`,
    resolve("dist/cli/main.mjs"),
  ];
  const env = {
    PATH: process.env.PATH,
    BATCH_REST_KEY: "rest",
    BATCH_PROJECT_KEY: "project",
    BATCH_BASE_URL: url,
  };
  const child = spawn(process.execPath, [...program, ...COMMAND.slice(1)], { cwd, env });
  const started = performance.now();
  const screen = new Screen(COLUMNS);
  const frames: Frame[] = [{ atMs: 0, lines: [] }];
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding("utf8").on("data", (text: string) => screen.write(text));
  }
  const look = (): void => {
    frames.push({ atMs: Math.round(performance.now() - started), lines: screen.lines() });
  };
  const timer = setInterval(look, FRAME_MS);
  await once(child, "close");
  clearInterval(timer);
  look();
  return frames;
}
