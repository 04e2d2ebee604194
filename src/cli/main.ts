#!/usr/bin/env node
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { Interruption, STOP_SIGNALS, type StopSignal } from "./cli-errors.ts";
import { run } from "./run.ts";

// V8 would let a heap that holds a window grow to a multiple of it before it looks for garbage. A window is text and numbers,
// which a collection passes quickly: less memory in nearly the same time (benchmark 5).
setFlagsFromString("--heap-growing-percent=20");

const { env, stdin, stdout, stderr } = process;
const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
const stop = new AbortController();

for (const signal of Object.keys(STOP_SIGNALS) as StopSignal[]) {
  process.on(signal, () => {
    const interruption = new Interruption(signal);
    if (stop.signal.aborted) process.exit(interruption.exitCode);
    stop.abort(interruption);
  });
}
// A log that is full or closed must not stop the delivery, and the result is checked where it is written.
for (const stream of [stdout, stderr]) stream.on("error", () => {});

const exitCode = await run(process.argv.slice(2), {
  env,
  stdin,
  stdout,
  stderr,
  signal: stop.signal,
  version,
});
// What is still to be written to a slow pipe would be lost.
for (const stream of [stdout, stderr])
  await new Promise<void>((resolve) => stream.write("", () => resolve()));
// An open standard input would hold the process.
process.exit(exitCode);
