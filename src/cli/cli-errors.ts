import { AudienceError, ConfigurationError, NotAppliedError } from "../index.ts";
import { MirrorGuardError } from "../mirror/index.ts";

/** Exit codes besides 0, which is success. */
export const EXIT = {
  undelivered: 1,
  usage: 2,
  notApplied: 3,
  guarded: 4,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** The signals that ask the program to stop. */
export const STOP_SIGNALS = {
  SIGHUP: EXIT.hungUp,
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
} as const;
export type StopSignal = keyof typeof STOP_SIGNALS;

/** A command line, an environment or a file that cannot work. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What to do where a checkpoint does not fit. */
export const RESTART_HINT = "delete the checkpoint to start over";

/** Where in the input: a column by its name, or a character by its number from 1. */
export interface Place {
  file: string;
  line?: number | undefined;
  column?: number | string | undefined;
}

/** An input that cannot be read any further. */
export class InputError extends Error {
  override readonly name = "InputError";

  constructor(place: Place, reason: string, options?: ErrorOptions) {
    super(`${placeText(place)}: ${reason}`, options);
  }
}

/** The user or the system asked the program to stop. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly exitCode: number;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.exitCode = STOP_SIGNALS[signal];
  }
}

export function placeText({ file, line, column }: Place): string {
  if (line === undefined) return file;
  if (typeof column === "number") return `${file}:${line}:${column}`;
  return column === undefined ? `${file}:${line}` : `${file}:${line}, ${column}`;
}

/** The command line's name for what the library calls an option. */
const FLAGS: Record<string, string> = {
  restKey: "BATCH_REST_KEY",
  projectKey: "BATCH_PROJECT_KEY",
  audience: "<audience>",
  requestsPerSecond: "--rate",
  baseUrl: "--base-url",
  apiVersion: "--api-version",
  timeoutMs: "--timeout",
  indexingTokens: "<token>",
  "resumeFrom.records": "--checkpoint",
  spill: "--work-dir",
  members: "the input",
  allowEmpty: "--allow-empty",
  schema: "--schema",
  state: "--state",
  baseline: "--first",
  maxRemoved: "--max-removed",
};

/** The message for people, without a stack. Options have the names of the command line. */
export function messageOf(error: unknown): string {
  if (error instanceof ConfigurationError) {
    return `${FLAGS[error.option] ?? error.option}: expected ${inFlags(error.expected)}, got ${error.given}`;
  }
  if (error instanceof MirrorGuardError) return guardText(error.message);
  return error instanceof Error ? inFlags(error.message) : String(error);
}

/** What a guard saw, with the options of the command line. */
export function guardText(message: string): string {
  return message
    .replace(/`maxRemoved: "?([^"`]+)"?`/, "--max-removed $1")
    .replace("`allowEmpty`", "--allow-empty")
    .replace("`baseline`", "--first")
    .replace(/"(empty|replace)"/g, "$1");
}

/** The library's advice names its own options. */
function inFlags(message: string): string {
  return message.replace(
    /\b(restKey|projectKey|requestsPerSecond|baseUrl|allowEmpty)\b/g,
    (option) => FLAGS[option] ?? option,
  );
}

/** For programs that read the result. */
export function codeOf(error: unknown): string {
  if (error instanceof AudienceError) return error.code;
  if (error instanceof InputError) return "INPUT";
  if (error instanceof Interruption) return "INTERRUPTED";
  return error instanceof UsageError ? "USAGE" : "UNEXPECTED";
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Interruption) return error.exitCode;
  if (error instanceof UsageError || error instanceof ConfigurationError) return EXIT.usage;
  if (error instanceof MirrorGuardError) return EXIT.guarded;
  return error instanceof NotAppliedError ? EXIT.notApplied : EXIT.undelivered;
}

/** `ENOENT: no such file or directory, open 'x'` without code, call and path. */
export function systemReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^[A-Z0-9_]+: (.*?)(?:, \w+(?: '.*')?)?$/s.exec(message)?.[1] ?? message;
}
