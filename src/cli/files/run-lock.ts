import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { UsageError } from "../cli-errors.ts";
import { cannotWrite, OWNER_ONLY } from "./atomic-file.ts";

/** One run at a time for a checkpoint: a file beside it, which names the process that holds it. */
export class RunLock {
  readonly #checkpoint: string;
  readonly #path: string;
  readonly #holder = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    since: performance.timeOrigin,
  });

  /** Throws a `UsageError` while another run holds it. The lock of a process that has ended is taken over. */
  constructor(checkpoint: string) {
    this.#checkpoint = checkpoint;
    this.#path = `${checkpoint}.lock`;
    if (!this.#create()) {
      this.#removeStale();
      if (!this.#create()) throw this.#inUse(this.#read());
    }
    process.once("exit", this.release);
  }

  readonly release = (): void => {
    process.removeListener("exit", this.release);
    if (this.#read() === this.#holder) rmSync(this.#path, { force: true });
  };

  /** False if there is one. */
  #create(): boolean {
    try {
      writeFileSync(this.#path, this.#holder, { flag: "wx", mode: OWNER_ONLY });
      return true;
    } catch (error) {
      if (isCode(error, "EEXIST")) return false;
      // It may be there, and empty.
      rmSync(this.#path, { force: true });
      throw cannotWrite("--checkpoint", this.#checkpoint, error);
    }
  }

  #removeStale(): void {
    const holder = this.#read();
    if (holder === undefined) return;
    if (!hasEnded(holder)) throw this.#inUse(holder);
    // Of two runs that see it, only one can move it away; the other one may move the new lock, and has to put it back.
    const aside = `${this.#path}.${randomBytes(8).toString("hex")}`;
    try {
      renameSync(this.#path, aside);
    } catch (error) {
      if (isCode(error, "ENOENT")) return;
      throw cannotWrite("--checkpoint", this.#checkpoint, error);
    }
    if (readFileSync(aside, "utf8") !== holder) renameSync(aside, this.#path);
    else rmSync(aside);
  }

  #read(): string | undefined {
    try {
      return readFileSync(this.#path, "utf8");
    } catch {
      return undefined;
    }
  }

  #inUse(holder = ""): UsageError {
    const { pid = "that is not known", host = "an unknown host" } = parse(holder);
    return new UsageError(
      `--checkpoint ${this.#checkpoint}: is in use by process ${pid} on ${host}; if there is no such run, delete ${this.#path}`,
    );
  }
}

function hasEnded(holder: string): boolean {
  const { pid, host, since } = parse(holder);
  if (pid === undefined || host !== hostname()) return false;
  // In a container that is started again, processes get the same numbers.
  if (pid === process.pid) return since !== performance.timeOrigin;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // Not EPERM: that is a process of another user.
    return isCode(error, "ESRCH");
  }
}

function parse(holder: string): { pid?: number; host?: string; since?: unknown } {
  try {
    const { pid, host, since } = JSON.parse(holder) as Record<"pid" | "host" | "since", unknown>;
    if (Number.isSafeInteger(pid) && Number(pid) > 0 && typeof host === "string")
      return { pid: Number(pid), host, since };
  } catch {
    // A lock that is being written.
  }
  return {};
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
