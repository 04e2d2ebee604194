import { type FlagsOf, TABLE_FLAGS } from "./input/table-options.ts";
import { MIRROR_FLAGS } from "./mirror-flags.ts";

/** Of every command. */
const GENERAL = {
  quiet: { type: "boolean" },
  verbose: { type: "boolean" },
  debug: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

/** Of the commands that use the API. */
const COMMON = {
  ...GENERAL,
  "base-url": { type: "string" },
  "api-version": { type: "string" },
  rate: { type: "string" },
  mock: { type: "boolean" },
  json: { type: "boolean" },
} as const;

const MOCK = {
  ...GENERAL,
  port: { type: "string" },
  rate: { type: "string" },
  seed: { type: "string" },
} as const;

const WAIT = { timeout: { type: "string" } } as const;

const CREATE = {
  ...WAIT,
  type: { type: "string" },
  "display-name": { type: "string" },
  wait: { type: "boolean" },
} as const;

/** Of the commands that read files. */
const INPUT = {
  ...WAIT,
  ...TABLE_FLAGS,
  format: { type: "string" },
  "dry-run": { type: "boolean", short: "n" },
  window: { type: "string" },
  wait: { type: "boolean" },
  "skip-invalid": { type: "boolean" },
  rejected: { type: "string" },
  isolate: { type: "boolean" },
} as const;

const DELIVERY = {
  ...INPUT,
  undelivered: { type: "string" },
  checkpoint: { type: "string" },
  "work-dir": { type: "string" },
  "no-spill": { type: "boolean" },
} as const;

const UPDATE = {
  ...DELIVERY,
  add: { type: "string" },
  remove: { type: "string" },
  action: { type: "string" },
} as const;

const REPLACE = { ...DELIVERY, "allow-empty": { type: "boolean" } } as const;

const MIRROR = { ...INPUT, ...MIRROR_FLAGS } as const;

const DELETE = { yes: { type: "boolean" } } as const;

/** It sends nothing, so it has none of the common ones for that. */
const MIGRATE = { ...GENERAL, "print-sql": { type: "boolean" }, schema: { type: "string" } } as const;

/** Of all commands, as `parseArgs` takes them. */
export const ALL = { ...COMMON, ...UPDATE, ...REPLACE, ...MIRROR, ...CREATE, ...DELETE, ...MOCK, ...MIGRATE };
export type Flag = keyof typeof ALL;

/** The options of each command, without their dashes. */
export const OPTIONS_OF = {
  update: Object.keys({ ...COMMON, ...UPDATE }),
  replace: Object.keys({ ...COMMON, ...REPLACE }),
  mirror: Object.keys({ ...COMMON, ...MIRROR }),
  wait: Object.keys({ ...COMMON, ...WAIT }),
  create: Object.keys({ ...COMMON, ...CREATE }),
  list: Object.keys(COMMON),
  view: Object.keys(COMMON),
  delete: Object.keys({ ...COMMON, ...DELETE }),
  mock: Object.keys(MOCK),
  migrate: Object.keys(MIGRATE),
} satisfies Record<string, readonly string[]>;

export type CommandName = keyof typeof OPTIONS_OF;
export const COMMANDS = Object.keys(OPTIONS_OF) as CommandName[];

/** Options as they were written. */
export type Flags = FlagsOf<typeof ALL>;

/** Whether the option takes a value. For completion. */
export function takesValue(name: string): boolean {
  return ALL[name as Flag].type === "string";
}
