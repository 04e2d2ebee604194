/** Runs what is measured in a process of its own: plain Node, default flags, nothing in it but what is measured. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended<T> {
  /** What the process printed as its last line; missing where it died before. */
  result: T | undefined;
  /** The last line that says why it died. */
  death: string | undefined;
}

export async function runChild<T>(script: string, ...args: (string | number)[]): Promise<Ended<T>> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { code, stdout, stderr } = await new Promise<Output>((resolve) => {
    execFile(
      process.execPath,
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
  const { result, death } = await runChild<T>(script, ...args);
  if (result === undefined || death !== undefined) throw new Error(`${script} ${args.join(" ")}: ${death}`);
  return result;
}
