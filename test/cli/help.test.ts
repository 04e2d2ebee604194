import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FORMATS } from "../../src/cli/arguments.ts";
import { EXIT } from "../../src/cli/cli-errors.ts";
import { OPTIONS_OF } from "../../src/cli/command-options.ts";
import { runCli } from "../support/cli.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/cli.md", import.meta.url)), "utf8");
const commands = Object.keys(OPTIONS_OF) as (keyof typeof OPTIONS_OF)[];

/** The command with its first argument, where it has one. */
function usageOf(command: string): string {
  if (command === "migrate") return "migrate --print-sql";
  return command === "list" || command === "mock" ? command : `${command} <audience>`;
}

async function help(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCli(args, { env: {} });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

/** The options that a text explains: at the start of a line, or after another one. */
function explainedIn(text: string): string[] {
  const lines = text.match(/^ {2}--.*$/gm) ?? [];
  return lines.flatMap((line) => [...line.matchAll(/(?:^ {2}|, )--([\w-]+)/g)].map(([, name]) => name!));
}

test("--help teaches by three examples", async () => {
  const general = await help("--help");
  expect(general.match(/^ {2}batch-audiences update vip_customers/gm)).toHaveLength(3);
  for (const command of commands) expect(general).toContain(`\n  batch-audiences ${usageOf(command)} `);
});

test.each(commands)("the help of %s explains each of its options, and no other", async (command) => {
  const text = await help(command, "-h");
  expect(await help("help", command)).toBe(text);
  expect(explainedIn(text).toSorted()).toEqual([...OPTIONS_OF[command]].toSorted());
});

test.each([undefined, ...commands])("the help of %s fits a terminal of 80 columns", async (command) => {
  const text = command === undefined ? await help("--help") : await help("help", command);
  expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

test("docs/cli.md explains each option, and no other", () => {
  const rows = page.match(/^\| `--.*$/gm) ?? [];
  const explained = rows.flatMap((row) =>
    [...row.split(" | ")[0]!.matchAll(/`--([\w-]+)/g)].map(([, name]) => name!),
  );
  expect(explained.toSorted()).toEqual([...new Set(Object.values(OPTIONS_OF).flat())].toSorted());
  const mentioned = [...page.matchAll(/--([a-z][\w-]*)/g)].map(([, name]) => name!);
  expect(mentioned.filter((name) => !explained.includes(name) && name !== "env-file")).toEqual([]);
});

test("docs/cli.md lists the commands, the formats and the exit codes", async () => {
  const [, codes = ""] = /### Exit codes\n([\s\S]*?)\n#/.exec(page) ?? [];
  const listed = [...codes.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(listed).toEqual([0, ...Object.values(EXIT)]);
  for (const code of listed)
    expect(await help("--help")).toMatch(new RegExp(`Exit codes:[\\s\\S]*\\b${code} `));
  for (const command of commands) expect(page).toContain(`| \`${usageOf(command)}`);
  for (const format of FORMATS) expect(page).toContain(`| \`${format}\` |`);
});
