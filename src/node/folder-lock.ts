import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { ConfigurationError } from "../index.ts";
import { codeOf, toDirectoryError } from "./directory-error.ts";
import { OWNER_ONLY } from "./files.ts";

const NAME = "lock";

/** In milliseconds. How far apart two readings of when a process has started may be. */
const TOLERANCE_MS = 100;

interface Holder {
  pid: number;
  host: string;
  /** When the process has started, in milliseconds of a clock that never goes back. */
  since: number;
}

/** One run at a time for a folder: a file in it, which names the process that holds it. */
export class FolderLock {
  readonly #path: string;
  /** The key tells the locks of one process apart. */
  readonly #key = randomBytes(8).toString("hex");
  readonly #holder = JSON.stringify({ ...thisProcess(), key: this.#key });

  /** Throws a `ConfigurationError` of this option while another run holds it. The lock of a process that has ended is taken over. */
  constructor(folder: string, option: string) {
    this.#path = join(folder, NAME);
    if (this.#create()) return;
    removeStale(this.#path);
    if (!this.#create()) throw inUse(folder, option, read(this.#path));
  }

  /** Throws like the constructor if the folder is in use, and changes nothing. */
  static check(folder: string, option: string): void {
    const holder = read(join(folder, NAME));
    if (holder !== undefined && !hasEnded(holder)) throw inUse(folder, option, holder);
  }

  /** What another run has taken over is left alone. */
  release(): void {
    if (read(this.#path) === this.#holder) rmSync(this.#path, { force: true });
  }

  /** False if there is one. */
  #create(): boolean {
    try {
      return this.#write();
    } catch (error) {
      throw toDirectoryError(dirname(this.#path), "cannot be written", error);
    }
  }

  /** Written beside its place, then linked there: a process may be killed at any moment. */
  #write(): boolean {
    const temporary = `${this.#path}.${this.#key}.tmp`;
    const options = { flag: "wx", mode: OWNER_ONLY };
    try {
      writeFileSync(temporary, this.#holder, options);
      if (!link(temporary, this.#path)) writeFileSync(this.#path, this.#holder, options);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}

/** False where the file system has no links, as exFAT and some shares. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"].includes(codeOf(error) ?? "")) return false;
    throw error;
  }
}

function removeStale(path: string): void {
  const holder = read(path);
  if (holder === undefined || !hasEnded(holder)) return;
  // Of two runs that see it, only one can move it away; the other one may move the new lock, and has to put it back.
  const aside = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  if (readFileSync(aside, "utf8") !== holder) renameSync(aside, path);
  else rmSync(aside);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function inUse(folder: string, option: string, holder = ""): ConfigurationError {
  const { pid = "that is not known", host = "an unknown host" } = parse(holder) ?? {};
  const given = `${folder}, which process ${pid} on ${host} uses; if there is no such run, delete ${join(folder, NAME)}`;
  return new ConfigurationError(option, "a directory that no other run uses", given);
}

/** Reads no wall clock, which may be set. */
function thisProcess(): Holder {
  const since = Number(process.hrtime.bigint()) / 1e6 - process.uptime() * 1000;
  return { pid: process.pid, host: hostname(), since: Math.round(since) };
}

function hasEnded(lock: string): boolean {
  const [holder, own] = [parse(lock), thisProcess()];
  if (holder === undefined || holder.host !== own.host) return false;
  // In a container that is started again, processes get the same numbers.
  if (holder.pid === own.pid) return Math.abs(holder.since - own.since) > TOLERANCE_MS;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    // Not EPERM: that is a process of another user.
    return codeOf(error) === "ESRCH";
  }
}

function parse(lock: string): Holder | undefined {
  try {
    const holder = JSON.parse(lock) as Holder;
    const isHolder =
      Number.isSafeInteger(holder.pid) &&
      holder.pid > 0 &&
      typeof holder.host === "string" &&
      typeof holder.since === "number";
    return isHolder ? holder : undefined;
  } catch {
    return undefined;
  }
}
