/**
 * Runs one scenario on the packed package in each runtime, and compares the README's table with what came out.
 * `npm run check:runtimes`, with `--write` to put the table there, with `--quick` for what is part of `npm test`.
 */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPacked } from "./consumers/installed.ts";
import { quickRuntimes, type Runtime, runtimes } from "./runtimes/runtimes.ts";

const README = fileURLToPath(new URL("../README.md", import.meta.url));
/** What the scenario prints its outcome after. */
const RESULT = "RESULT ";

const isQuick = process.argv.includes("--quick");
const { folder, remove } = installPacked();
try {
  copyFileSync(new URL("runtimes/scenario.mjs", import.meta.url), join(folder, "scenario.mjs"));
  writeFileSync(
    join(folder, "result.mjs"),
    `import { scenario } from "./scenario.mjs";
console.log(${JSON.stringify(RESULT)} + JSON.stringify(await scenario()));
`,
  );
  // A worker may wait only while it handles something.
  writeFileSync(
    join(folder, "worker-entry.mjs"),
    `import { scenario } from "./scenario.mjs";
export default {
  async test() {
    console.log(${JSON.stringify(RESULT)} + JSON.stringify(await scenario()));
  },
};
`,
  );
  writeFileSync(join(folder, "ids.csv"), "id,action\n1,add\n");
  const rows: Row[] = [];
  for (const runtime of isQuick ? quickRuntimes : runtimes) rows.push(await tryOut(runtime, folder));
  if (!isQuick) compareWithReadme(tableOf(rows));
} finally {
  remove();
}

interface Row {
  runtime: Runtime;
  /** What each part came to: "yes", or what went wrong. */
  parts: Record<string, string>;
}

async function tryOut(runtime: Runtime, folder: string): Promise<Row> {
  const name = `${runtime.name} ${runtime.version}`.trim();
  if (runtime.missing !== undefined) {
    console.log(`missing ${name}: ${runtime.missing}`);
    if (process.argv.includes("--write")) throw new Error("A table without it would say that it fails.");
    return { runtime, parts: {} };
  }
  const parts = await scenarioIn(runtime, folder);
  if (runtime.runCommand !== undefined) parts["command line"] = await commandIn(runtime, folder);
  const broken = Object.entries(parts).filter(([, outcome]) => outcome !== "yes");
  console.log(`${broken.length === 0 ? "ok    " : "FAILED"} ${name}: ${Object.keys(parts).join(", ")}`);
  for (const [part, outcome] of broken) console.log(`       ${part}: ${outcome}`);
  if (broken.length > 0) process.exitCode = 1;
  return { runtime, parts };
}

async function scenarioIn(runtime: Runtime, folder: string): Promise<Row["parts"]> {
  try {
    const output = await runtime.run(folder);
    const line = output.split("\n").find((text) => text.includes(RESULT));
    if (line === undefined) return { scenario: `printed no result: ${output}` };
    return JSON.parse(line.slice(line.indexOf(RESULT) + RESULT.length)) as Row["parts"];
  } catch (error) {
    return { scenario: String(error) };
  }
}

async function commandIn(runtime: Runtime, folder: string): Promise<string> {
  try {
    const output = await runtime.runCommand!(folder, ["update", "vips", "ids.csv", "--dry-run", "--json"]);
    return /"accepted": 1\b/.test(output) ? "yes" : output;
  } catch (error) {
    return String(error);
  }
}

function tableOf(rows: Row[]): string {
  const parts = [...new Set(rows.flatMap((row) => Object.keys(row.parts)))];
  const lines = rows.map(({ runtime, parts: outcomes }) => {
    const cells = parts.map((part) => (outcomes[part] === undefined ? "–" : outcomes[part]));
    return [runtime.name, runtime.version, ...cells];
  });
  const table = [["runtime", "version", ...parts], ["", "", ...parts].map(() => "---"), ...lines];
  return table.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function compareWithReadme(table: string): void {
  if (process.exitCode === 1) return;
  const readme = readFileSync(README, "utf8");
  const [before, old, after, ...more] = readme.split(
    /(?<=<!-- begin runtimes -->)|(?=<!-- end runtimes -->)/,
  );
  if (after === undefined || more.length > 0) throw new Error("The README has no place for the table.");
  if (process.argv.includes("--write")) writeFileSync(README, `${before}\n${table}\n${after}`);
  else if (withoutChromium(old!) !== withoutChromium(table)) {
    console.error(
      `The README has another table. Write this one: npm run check:runtimes -- --write\n\n${table}`,
    );
    process.exitCode = 1;
  }
}

/** Its version is that of the machine, if there is one at all; those of the others are pinned. */
function withoutChromium(table: string): string {
  const lines = table.trim().split("\n");
  return lines.filter((line) => !line.startsWith("| Chromium |")).join("\n");
}
