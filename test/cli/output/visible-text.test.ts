import { afterAll, beforeAll, expect, test } from "vitest";
import { json, viewTable } from "../../../src/cli/output/result-text.ts";
import { Terminal } from "../../../src/cli/output/terminal.ts";
import { enterFolder, type Folder, runCli, startApi } from "../../support/cli.ts";

/** Moves the cursor, forges a line, uses an escape of one byte, and turns the direction of what follows. */
const HOSTILE = "x\u001b[2J\nerror: FORGED LINE\r\u009b1A\u0007\u202etxt\u2066\u200f\u2028y";
const SHOWN = "x\\u001b[2J\\nerror: FORGED LINE\\r\\u009b1A\\u0007\\u202etxt\\u2066\\u200f\\u2028y";
const RAW = /[^\n\P{C}]|[\u2028\u2029]/u;

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
});
afterAll(() => folder.remove());

test.each([
  ["an id", `${JSON.stringify({ action: "add", id: `${HOSTILE} ` })}\n`],
  ["an action", `${JSON.stringify({ action: HOSTILE, id: "1" })}\n`],
  ["an attribute's name", `${JSON.stringify({ action: "add", id: "1", attributes: { [HOSTILE]: 1 } })}\n`],
  [
    "an attribute's value",
    `${JSON.stringify({ action: "add", id: "1", attributes: { "date(d)": HOSTILE } })}\n`,
  ],
  ["an unknown property", `${JSON.stringify({ action: "add", id: "1", [HOSTILE]: 1 })}\n`],
  ["a line that is no JSON", `{"x\u001b[2J\u009b\u202e\n`],
  ["a line that is no object", `${JSON.stringify(HOSTILE)}\n`],
])("%s from a record cannot control the terminal", async (_, text) => {
  const api = await startApi({ refuse: ({ id }) => `no: ${id}` });
  folder.write("in.ndjson", text);
  for (const more of [[], ["--debug"], ["--json"], ["--isolate"]]) {
    const { stdout, stderr } = await runCli(["update", "vips", "in.ndjson", "--base-url", api.url, ...more]);
    expect(stderr).not.toBe("");
    expect(stdout + stderr).not.toMatch(RAW);
    expect(stdout + stderr).not.toMatch(/^error: FORGED/m);
  }
});

test("the names of files, columns, options and commands cannot control the terminal", async () => {
  const name = `${HOSTILE}.csv`;
  folder.write(name, `id,action,"${HOSTILE}"\n1,add,x\n2,add\n`);
  folder.write("twice.csv", `id,action,"${HOSTILE}","${HOSTILE}"\n`);
  const commands = [
    ["update", "vips", name, "--dry-run"],
    ["update", "vips", "twice.csv", "--dry-run"],
    ["update", "vips", `${HOSTILE}/missing.csv`, "--dry-run"],
    ["update", HOSTILE, name, "--dry-run"],
    ["update", "vips", name, `--${HOSTILE}`],
    ["update", "vips", name, "--format", HOSTILE],
    [HOSTILE],
  ];
  for (const command of commands) {
    const { exitCode, stdout, stderr } = await runCli(command);
    expect(exitCode).toBeGreaterThan(0);
    expect(stderr).not.toBe("");
    expect(stdout + stderr).not.toMatch(RAW);
    expect(stdout + stderr).not.toMatch(/^error: FORGED/m);
  }
});

test("what the API answers cannot control the terminal", async () => {
  const api = await startApi({ refuse: () => HOSTILE });
  folder.write("in.csv", "id,action\n1,add\n");
  for (const more of [[], ["--debug"], ["--json"], ["--isolate"]]) {
    const { stdout, stderr } = await runCli(["update", "vips", "in.csv", "--base-url", api.url, ...more]);
    expect(stderr).toContain("FORGED LINE");
    expect(stdout + stderr).not.toMatch(RAW);
    expect(stdout + stderr).not.toMatch(/^error: FORGED/m);
  }
  expect(viewTable({ name: HOSTILE, [HOSTILE]: "x" } as object)).not.toMatch(RAW);
  expect(viewTable({ name: HOSTILE })).toBe(`  name  ${SHOWN}\n`);
});

test("JSON escapes what a terminal would obey, and stays the same value", () => {
  const value = { [HOSTILE]: `${HOSTILE}\u{e0041}` };
  expect(json(value)).not.toMatch(RAW);
  expect(JSON.parse(json(value))).toEqual(value);
});

test("a status has no control characters but the terminal's own", () => {
  for (const isTerminal of [true, false]) {
    let written = "";
    const output = { columns: 200, write: (text: string) => (written += text) };
    const terminal = new Terminal(output, {
      isTerminal,
      color: true,
      quiet: false,
      verbose: false,
      debug: true,
    });
    terminal.follow(HOSTILE, () => ({ parts: ["reading"] }));
    terminal.stop();
    terminal.failure(new Error(HOSTILE));
    const own = ["\r", "\u001b[K", "\u001b[31m", "\u001b[0m"];
    const foreign = own.reduce((text, part) => text.replaceAll(part, ""), written);
    expect(foreign).not.toMatch(RAW);
    expect(foreign).not.toMatch(/^error: FORGED/m);
    expect(foreign).toContain("\\u001b[2J");
  }
});
