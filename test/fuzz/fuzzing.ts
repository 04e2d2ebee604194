// Runs inputs of a target, as `npm run fuzz` and `npm test` do.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import type { Target } from "./target.ts";
import { answers } from "./targets/answers.ts";
import { checkpoint } from "./targets/checkpoint.ts";
import { encoder } from "./targets/encoder.ts";
import { input } from "./targets/input.ts";
import { mirrorState } from "./targets/mirror-state.ts";
import { parquet } from "./targets/parquet.ts";
import { spec } from "./targets/spec.ts";
import { spill } from "./targets/spill.ts";

export const TARGETS = [
  encoder,
  input,
  parquet,
  checkpoint,
  mirrorState,
  spill,
  answers,
  spec,
] as unknown as readonly Target<unknown>[];

const CORPUS = fileURLToPath(new URL("corpus", import.meta.url));
/** Seconds of work take more than 20 s where many others want to work too. */
const HANGS_AFTER_MS = 120_000;

/** The inputs that were once wrong, by the name of their file. */
export function corpusOf(target: Target<unknown>): [file: string, input: unknown][] {
  const names = readdirSync(CORPUS).filter((name) => name.startsWith(`${target.name}-`));
  return names.map((name) => [name, JSON.parse(readFileSync(join(CORPUS, name), "utf8"))]);
}

/** `undefined` if all inputs end as they must; else the smallest one found that does not, and what happens to it. */
export async function fuzz(
  { input, run }: Target<unknown>,
  inputs: number,
  seed: number,
  onInput: (input: unknown) => void = () => {},
): Promise<{ input: unknown; reason: string } | undefined> {
  const property = fc.asyncProperty(input, async (input) => {
    onInput(input);
    await inTime(run(input));
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns: inputs, seed });
  if (!failed) return undefined;
  return { input: counterexample?.[0], reason: reasonOf(errorInstance) };
}

/** A wait that never ends must not look like a slow machine. */
async function inTime(run: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it hangs")), HANGS_AFTER_MS);
  });
  await Promise.race([run, hangs]).finally(() => clearTimeout(timer));
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\n  caused by ${reasonOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
