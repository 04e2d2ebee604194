import { stat } from "node:fs/promises";
import { FORMATS, type Format, type GivenFile, type RecordKind } from "../arguments.ts";
import { systemReason, UsageError } from "../cli-errors.ts";
import { adviceForExtension } from "./foreign-formats.ts";
import { importHyparquet } from "./import-hyparquet.ts";

/** A file that will be read, or standard input. */
export interface Input {
  /** As given; "-" is standard input. */
  path: string;
  /** For people. */
  name: string;
  format: Format;
  /** What its records do, where they do not say it themselves. */
  action?: RecordKind;
  /** In bytes; missing for what is no regular file. */
  size?: number;
  modifiedMs?: number;
}

export interface InputDefaults {
  format?: Format | undefined;
  kind?: RecordKind | undefined;
}

const EXTENSIONS: Record<string, Format> = {
  csv: "csv",
  tsv: "tsv",
  ndjson: "ndjson",
  jsonl: "ndjson",
  parquet: "parquet",
};

/** Looks at each file before anything is sent. */
export async function findInputs(files: readonly GivenFile[], defaults: InputDefaults): Promise<Input[]> {
  if (files.filter(({ path }) => path === "-").length > 1) {
    throw new UsageError("standard input (-) can be read only once");
  }
  return Promise.all(files.map((file) => findInput(file, defaults)));
}

async function findInput(file: GivenFile, defaults: InputDefaults): Promise<Input> {
  const { path } = file;
  const name = path === "-" ? "standard input" : path;
  const action = file.action ?? defaults.kind;
  const actionPart = action === undefined ? {} : { action };
  if (path === "-") return seekable({ path, name, ...actionPart, format: formatOf(name, path, defaults) });

  const stats = await stat(path).catch((error: unknown) => {
    throw new UsageError(`${path}: ${systemReason(error)}`, { cause: error });
  });
  if (stats.isDirectory()) throw new UsageError(`${path}: is a directory, name the files in it`);
  const input = { path, name, ...actionPart, format: formatOf(name, path, defaults) };
  if (!stats.isFile()) return seekable(input);
  if (input.format === "parquet") await importHyparquet(name);
  return { ...input, size: stats.size, modifiedMs: Math.trunc(stats.mtimeMs) };
}

/** What is no file can be read from its start to its end only. */
function seekable(input: Input): Input {
  if (input.format !== "parquet") return input;
  throw new UsageError(`${input.name}: Parquet is read from its end, name a file`);
}

function formatOf(name: string, path: string, defaults: InputDefaults): Format {
  const extension = /\.(\w+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  const format = defaults.format ?? EXTENSIONS[extension];
  if (format !== undefined) return format;
  const advice = adviceForExtension(extension);
  if (advice !== undefined) throw new UsageError(`${name}: ${advice}`);
  throw new UsageError(`${name}: no extension names the format, add --format ${FORMATS.join(" or ")}`);
}
