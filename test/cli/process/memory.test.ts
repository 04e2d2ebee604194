import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { finished } from "node:stream/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFolder, type Folder, KEYS, startApi } from "../../support/cli.ts";
import { runProcess } from "../../support/cli-process.ts";

const MB = 1024 * 1024;

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
});
afterAll(() => folder.remove());

async function writeTable(name: string, rows: number, distinct: number): Promise<void> {
  const file = createWriteStream(folder.file(name));
  file.write("id,action,first_name,age:number,vip:boolean\n");
  let text = "";
  for (let row = 0; row < rows; row++) {
    text += `user-${row % distinct},add,Name ${row},${row % 90},${row % 2 === 0}\n`;
    if (text.length < MB) continue;
    if (!file.write(text)) await once(file, "drain");
    text = "";
  }
  file.end(text);
  await finished(file);
}

/** Makes the program write the most memory that it held, as it ends. */
const WRITE_PEAK = `data:text/javascript,${encodeURIComponent(
  'import { writeFileSync } from "node:fs";' +
    'process.on("exit", () => writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS)));',
)}`;

async function push(name: string, rows: number): Promise<{ peakMb: number; requests: number }> {
  const api = await startApi({ drainOnly: true, log: false });
  const args = ["update", "vips", name, "--base-url", api.url, "--rate", "Infinity", "--json"];
  const { exitCode, stdout } = await runProcess([...args, "--checkpoint", "run.json"], {
    cwd: folder.path,
    env: { ...KEYS, PEAK_FILE: folder.file("peak") },
    nodeArguments: ["--import", WRITE_PEAK],
  });
  expect(exitCode).toBe(0);
  const report = JSON.parse(stdout) as { received: number; requests: number };
  expect(report.received).toBe(rows);
  const peakMb = Math.round(Number(readFileSync(folder.file("peak"), "utf8")) / 1024);
  console.log(`${rows.toLocaleString("en-US")} rows of ${name}: peak memory ${peakMb} MB`);
  return { peakMb, requests: report.requests };
}

test("memory does not grow with the rows of a table", { timeout: 180_000 }, async () => {
  await writeTable("short.csv", 100_000, 20_000);
  await writeTable("long.csv", 600_000, 20_000);
  const short = await push("short.csv", 100_000);
  const long = await push("long.csv", 600_000);
  expect(short.requests).toBe(2);
  expect(long.requests).toBe(2);
  expect(long.peakMb).toBeLessThan(short.peakMb * 1.5);
});
