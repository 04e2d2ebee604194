// What a target of the fuzzer is, and what is wrong with an error that comes out of one.

import { inspect } from "node:util";
import type fc from "fast-check";
import { InputError, Interruption, UsageError } from "../../src/cli/cli-errors.ts";
import { AudienceError } from "../../src/errors.ts";
import { REST_KEY } from "../support/scripted-api.ts";

/** Inputs are plain JSON, so that one can be kept in a file. Bytes are strings of the characters from 0 to 255. */
export interface Target<T = never> {
  name: string;
  input: fc.Arbitrary<T>;
  /** Throws if what the input leads to is wrong. */
  run(input: T): Promise<void>;
  /** How much slower than the others it is: so many times fewer inputs. Default 1. */
  cost?: number;
}

/** Rejects if the error is none of this package, or shows the key. */
export function assertOwn(error: unknown): void {
  const isOwn = [AudienceError, InputError, UsageError, Interruption].some((kind) => error instanceof kind);
  if (!isOwn) throw new Error("an error that is not the package's own", { cause: error });
  if (inspect(error, { depth: 10 }).includes(REST_KEY)) throw new Error("an error shows the REST key");
}

/** What the call resolves to; `undefined` if it has ended with an error of this package. */
export async function ended<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    assertOwn(error);
    return undefined;
  }
}

export function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

export const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
