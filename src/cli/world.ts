import type { Readable } from "node:stream";
import { systemReason } from "./cli-errors.ts";

/** What the program takes from the process that it runs in. */
export interface World {
  env: Readonly<Record<string, string | undefined>>;
  stdin: Readable & { isTTY?: boolean; fd?: number };
  stdout: TextOutput;
  stderr: TextOutput;
  /** Aborted with an `Interruption`. */
  signal: AbortSignal;
  /** Of the package. */
  version: string;
}

export interface TextOutput {
  write(text: string, onWritten?: (error?: Error | null) => void): unknown;
  isTTY?: boolean;
  fd?: number;
  /** Width of a terminal. */
  columns?: number;
}

/** Writes to standard output, and waits until it is written. */
export function print({ stdout }: Pick<World, "stdout">, text: string): Promise<void> {
  return new Promise((resolve, reject) =>
    stdout.write(text, (error) => {
      // With EPIPE the reader has gone, and wants no more.
      if (!error || ("code" in error && error.code === "EPIPE")) resolve();
      else {
        const message = `the result could not be written to standard output: ${systemReason(error)}`;
        reject(new Error(message, { cause: error }));
      }
    }),
  );
}
