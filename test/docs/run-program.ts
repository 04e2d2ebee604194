import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/** How Node starts a program of a page: what it sends to the API goes to `apiUrl`. */
export function startOf(file: string, apiUrl: string): { args: string[]; env: NodeJS.ProcessEnv } {
  const imports = [import.meta.resolve("tsx"), join(import.meta.dirname, "redirect.ts")];
  const keys = { BATCH_REST_KEY: "rest", BATCH_PROJECT_KEY: "project" };
  return {
    args: [...imports.flatMap((path) => ["--import", path]), file],
    env: { ...process.env, ...keys, STAND_IN_URL: apiUrl },
  };
}

export function runProgram(
  file: string,
  cwd: string,
  apiUrl: string,
  settings: NodeJS.ProcessEnv = {},
): Promise<{ stdout: string; stderr: string }> {
  const { args, env } = startOf(file, apiUrl);
  return promisify(execFile)(process.execPath, args, { cwd, env: { ...env, ...settings } });
}
