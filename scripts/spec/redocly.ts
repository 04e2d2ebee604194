import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "./json.ts";
import { SpecError } from "./spec-error.ts";

const require = createRequire(import.meta.url);

/** Rules that the vendor's document cannot meet and that say nothing about what is right or wrong in it. */
const skippedRules = ["info-license", "tag-description"];

export interface LintProblem {
  message: string;
  ruleId: string;
  location: { pointer?: string }[];
}

/** One entry of `redocly diff --format json`, which follows `$ref` and knows request from response. */
export interface Change {
  path: string;
  typeName: string;
  kind: "added" | "removed" | "modified";
  impact: "major" | "minor" | "patch";
  property?: string;
  base?: { value: Json };
  revision?: { value: Json };
}

/** Problems found by every recommended rule, warnings included. */
export async function lint(document: string): Promise<LintProblem[]> {
  const skip = skippedRules.flatMap((rule) => ["--skip-rule", rule]);
  const report = await run(["lint", "document.json", "--extends", "recommended", ...skip], {
    "document.json": document,
  });
  return (report as { problems: LintProblem[] }).problems;
}

/** What changed from one document to another. */
export async function diff(before: string, after: string): Promise<Change[]> {
  const files = { "before.json": before, "after.json": after };
  const report = await run(["diff", "before.json", "after.json", "--fail-on", "none"], files);
  return (report as { changes: Change[] }).changes;
}

/** Runs Redocly in an empty folder of its own, so that no configuration lying about can change the outcome. */
async function run(args: string[], files: Record<string, string>): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), "redocly-"));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return JSON.parse(await output([...args, "--format", "json"], folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The CLI as a process: its rules are no public API, and what it prints is. */
function output(args: string[], cwd: string): Promise<string> {
  const cli = require.resolve("@redocly/cli/bin/cli.js");
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  const options = { cwd, env, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [cli, ...args], options, (_failed, stdout, stderr) => {
      // Problems found also end in a non-zero exit code, so the report is what tells.
      if (stdout.trimStart().startsWith("{")) resolve(stdout);
      else
        reject(new SpecError(`\`redocly ${args[0]}\` gave no report: ${stderr.trim().split("\n").at(-1)}`));
    });
  });
}
