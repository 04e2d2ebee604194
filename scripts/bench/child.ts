/** Runs what is measured in a process of its own: plain Node, default flags, nothing in it but what is measured. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended<T> {
  /** What the process printed as its last line; missing where it died before. */
  result: T | undefined;
  /** The last line that says why it died. */
  death: string | undefined;
}

export async function runChild<T>(script: string, ...args: (string | number)[]): Promise<Ended<T>> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args.map(String)], {
    stdio: ["ignore", "pipe", "pipe"],
    // Whoever started the benchmark may have flags of their own.
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  return {
    result: last.startsWith("{") ? (JSON.parse(last) as T) : undefined,
    death:
      code === 0
        ? undefined
        : (/^.*Error: .*$/m.exec(stderr)?.[0] ?? `ended with ${code}: ${stderr.slice(-200)}`),
  };
}

/** The same, for what must not die. */
export async function measure<T>(script: string, ...args: (string | number)[]): Promise<T> {
  const { result, death } = await runChild<T>(script, ...args);
  if (result === undefined || death !== undefined) throw new Error(`${script} ${args.join(" ")}: ${death}`);
  return result;
}
