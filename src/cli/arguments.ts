import { parseArgs } from "node:util";
import { UsageError } from "./cli-errors.ts";
import { ALL, COMMANDS, type CommandName, type Flag, type Flags, OPTIONS_OF } from "./command-options.ts";
import { didYouMean } from "./suggest.ts";

export const FORMATS = ["csv", "tsv", "ndjson", "parquet"] as const;
export type Format = (typeof FORMATS)[number];
export const ACTIONS = ["add", "remove"] as const;
export type ActionName = (typeof ACTIONS)[number];
/** What a record does where it does not say it. A member, of `replace` and `mirror`, never says it: it is on the audience. */
export type RecordKind = ActionName | "member";

/** A file in the place it has on the command line. */
export interface GivenFile {
  path: string;
  /** From `--add` and `--remove`. */
  action?: ActionName;
}

interface FileArguments<C> {
  command: C;
  audience: string;
  files: GivenFile[];
  flags: Flags;
}

export type DeliveryArguments = FileArguments<"update" | "replace">;
export type MirrorArguments = FileArguments<"mirror">;

export interface WaitArguments {
  command: "wait";
  audience: string;
  tokens: string[];
  flags: Flags;
}

/** Of the commands that take one audience and nothing else. */
export interface AudienceArguments {
  command: "create" | "view" | "delete";
  audience: string;
  flags: Flags;
}

/** Of the commands that take nothing but options. */
export interface ListArguments {
  command: "list" | "migrate";
  flags: Flags;
}

export interface MockArguments {
  command: "mock";
  flags: Flags;
}

type CommandArguments =
  | DeliveryArguments
  | MirrorArguments
  | WaitArguments
  | AudienceArguments
  | ListArguments
  | MockArguments;

export type Arguments =
  | { command: "help"; of: string | undefined }
  | { command: "version" }
  | { command: "completion"; shell: string | undefined }
  | CommandArguments;

export function readArguments(argv: readonly string[]): Arguments {
  // The checks of parseArgs suggest nothing, and would lose the order of files among --add and --remove.
  const { tokens } = parseArgs({ args: [...argv], options: ALL, strict: false, tokens: true });
  const [word, audience, ...rest] = tokens.flatMap((token) =>
    token.kind === "positional" ? [token.value] : [],
  );
  const isGiven = (name: string) => tokens.some((token) => token.kind === "option" && token.name === name);
  if (isGiven("help")) return { command: "help", of: word };
  if (isGiven("version")) return { command: "version" };
  if (word === "help") return { command: "help", of: audience };
  if (word === "completion") return { command: "completion", shell: audience };

  const command = knownCommand(word);
  const { flags, files } = readOptions(command, tokens);
  if (command === "list" || command === "mock") {
    if (audience === undefined) return { command, flags };
    const hint = command === "list" ? "; view shows one" : "";
    throw new UsageError(`${command} takes no audience, got ${JSON.stringify(audience)}${hint}`);
  }
  if (command === "migrate") {
    if (flags["print-sql"] && audience === undefined) return { command, flags };
    throw new UsageError(
      "migrate prints, and takes --print-sql; programs call migrate(db) of batch-audiences/postgres",
    );
  }
  if (audience === undefined) {
    throw new UsageError(`${command} needs the name of an audience; ${seeHelp(command)}`);
  }
  if (command === "update" || command === "replace" || command === "mirror") {
    return { command, audience, files, flags };
  }
  if (command === "wait" && rest.length > 0) return { command, audience, tokens: rest, flags };
  if (command === "wait") throw new UsageError("wait needs the indexing tokens to wait for");
  if (rest.length > 0)
    throw new UsageError(`${command} takes one audience, not ${JSON.stringify(rest[0])} too`);
  return { command, audience, flags };
}

function knownCommand(word: string | undefined): CommandName {
  if (word === undefined) throw new UsageError(`no command; ${seeHelp()}`);
  const command = COMMANDS.find((name) => name === word);
  if (command !== undefined) return command;
  const hint = didYouMean(word, [...COMMANDS, "help", "completion"]) || `; ${seeHelp()}`;
  throw new UsageError(`no command ${JSON.stringify(word)}${hint}`);
}

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number];

/** Files are the words after the audience, and the values of `--add` and `--remove`, in the order given. */
function readOptions(command: CommandName, tokens: readonly Token[]): { flags: Flags; files: GivenFile[] } {
  const flags: Record<string, string | true | string[]> = {};
  const files: GivenFile[] = [];
  let words = 0;
  for (const token of tokens) {
    if (token.kind === "positional" && ++words > 2) files.push({ path: token.value });
    if (token.kind !== "option") continue;
    const value = checkFlag(command, token);
    const { name } = token;
    if (name === "add" || name === "remove") files.push({ path: String(value), action: name });
    else if ("multiple" in ALL[name as Flag])
      flags[name] = [flags[name] ?? [], String(value)].flat() as string[];
    else if (value !== true && name in flags) throw new UsageError(`${token.rawName} is given twice`);
    else flags[name] = value;
  }
  return { flags, files };
}

interface OptionToken {
  name: string;
  rawName: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
}

function checkFlag(command: CommandName, { name, rawName, value, inlineValue }: OptionToken): string | true {
  const allowed: readonly string[] = OPTIONS_OF[command];
  if (/^(rest|project|api)?-?key$/.test(name)) {
    throw new UsageError(
      "keys are read from BATCH_REST_KEY and BATCH_PROJECT_KEY only: arguments show in process lists",
    );
  }
  if (!Object.hasOwn(ALL, name)) {
    throw new UsageError(`no option ${rawName}${didYouMean(name, allowed, "--") || `; ${seeHelp(command)}`}`);
  }
  if (!allowed.includes(name)) {
    const owner = COMMANDS.find((other) => OPTIONS_OF[other].includes(name));
    throw new UsageError(`${command} has no option ${rawName}, ${owner} has`);
  }
  if (ALL[name as Flag].type === "boolean") {
    if (inlineValue) throw new UsageError(`${rawName} takes no value`);
    return true;
  }
  // An offset such as -05:00 begins with a dash too.
  const looksLikeFlag = !inlineValue && /^-[^\d]/.test(value ?? "");
  if (value === undefined || value === "" || looksLikeFlag) throw new UsageError(`${rawName} needs a value`);
  return value;
}

function seeHelp(command = ""): string {
  return `see batch-audiences ${command}${command && " "}--help`;
}
