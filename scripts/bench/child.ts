/** Runs what is measured in a process of its own: plain Node, default flags, nothing in it but what is measured. */

import { execFile, execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended<T> {
  /** What the process printed as its last line; missing where it died before. */
  result: T | undefined;
  /** The last line that says why it died. */
  death: string | undefined;
}

export async function runChild<T>(script: string, ...args: (string | number)[]): Promise<Ended<T>> {
  return runOn(process.execPath, script, args);
}

async function runOn<T>(node: string, script: string, args: (string | number)[]): Promise<Ended<T>> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { code, stdout, stderr } = await new Promise<Output>((resolve) => {
    execFile(
      node,
      [path, ...args.map(String)],
      // Whoever started the benchmark may have flags of their own.
      { env: { ...process.env, NODE_OPTIONS: "" }, maxBuffer: Number.POSITIVE_INFINITY },
      (error, stdout, stderr) => resolve({ code: error && (error.code ?? error.signal), stdout, stderr }),
    );
  });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  return {
    result: last.startsWith("{") ? (JSON.parse(last) as T) : undefined,
    death:
      code === null
        ? undefined
        : (/^.*Error: .*$/m.exec(stderr)?.[0] ?? `ended with ${code}: ${stderr.slice(-200)}`),
  };
}

interface Output {
  /** Why it failed, by exit code or signal; null where it did not. */
  code: unknown;
  stdout: string;
  stderr: string;
}

/** The same, for what must not die. */
export async function measure<T>(script: string, ...args: (string | number)[]): Promise<T> {
  return measureOn(process.execPath, script, ...args);
}

/** The same on another Node, given by the path of its program. */
export async function measureOn<T>(node: string, script: string, ...args: (string | number)[]): Promise<T> {
  const { result, death } = await runOn<T>(node, script, args);
  if (result === undefined || death !== undefined) throw new Error(`${script} ${args.join(" ")}: ${death}`);
  return result;
}

/** The program of the newest Node with this major version, from the package `node`. */
export function nodeProgram(major: number): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  return execFileSync("npx", ["-y", `node@${major}`, "-p", "process.execPath"], { encoding: "utf8" }).trim();
}
