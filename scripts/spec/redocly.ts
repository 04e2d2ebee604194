import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "./json.ts";
import { SpecError } from "./spec-error.ts";

const require = createRequire(import.meta.url);

/** Rules that the vendor's document cannot meet and that do not say whether it is right. */
const skippedRules = ["info-license", "tag-description"];

/** What the scripts use of Redocly; passed in, because each call starts a process. */
export interface Redocly {
  /** Problems found by every recommended rule, warnings included. */
  lint(document: string): Promise<LintProblem[]>;
  /** What changed from one document to another. */
  diff(before: string, after: string): Promise<Change[]>;
}

export interface LintProblem {
  message: string;
  ruleId: string;
  location: { pointer?: string }[];
}

/** One entry of `redocly diff --format json`, which follows `$ref` and knows requests from responses. */
export interface Change {
  path: string;
  typeName: string;
  kind: "added" | "removed" | "modified";
  impact: "major" | "minor" | "patch";
  property?: string;
  base?: { value: Json };
  revision?: { value: Json };
}

export const redocly: Redocly = {
  async lint(document) {
    const skip = skippedRules.flatMap((rule) => ["--skip-rule", rule]);
    const args = ["lint", "document.json", "--extends", "recommended", ...skip];
    const report = await run(args, { "document.json": document });
    return (report as { problems: LintProblem[] }).problems;
  },

  async diff(before, after) {
    const args = ["diff", "before.json", "after.json", "--fail-on", "none"];
    const report = await run(args, { "before.json": before, "after.json": after });
    return (report as { changes: Change[] }).changes;
  },
};

/** Runs Redocly in an empty folder of its own, so that no other configuration can change the result. */
async function run(args: string[], files: Record<string, string>): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), "redocly-"));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return JSON.parse(await output([...args, "--format", "json"], folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs the CLI as a process: its output is a public interface, its functions are not. */
function output(args: string[], cwd: string): Promise<string> {
  const cli = require.resolve("@redocly/cli/bin/cli.js");
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  const options = { cwd, env, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [cli, ...args], options, (_failed, stdout, stderr) => {
      // The exit code is also not zero when problems were found, so only the output shows whether it ran.
      if (stdout.trimStart().startsWith("{")) return resolve(stdout);
      const reason = stderr.trim().split("\n").at(-1)!.trim();
      reject(new SpecError(`\`redocly ${args[0]}\` gave no report: ${reason}`));
    });
  });
}
