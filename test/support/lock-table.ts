import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { expect, test } from "vitest";

/** A lock that lets one run at a time in: a file that names the process that holds it. */
export interface LockUnderTest {
  /** Where the file is. */
  path: string;
  /** Throws if another run holds the lock. */
  take(): { release(): void };
}

const ended = () => spawnSync(process.execPath, ["-e", ""]).pid;

/** Whom the file names, made from the holder that the lock itself would write. `undefined`: there is no file. */
const STATES = {
  free: () => undefined,
  "held by this process": (own) => own,
  "held by another process": (own) => ({ ...own, pid: process.ppid }),
  "of a process that has ended": (own) => ({ ...own, pid: ended() }),
  "of an earlier process with the number of this one": (own) => ({
    ...own,
    since: Number(own.since) - 60_000,
  }),
  "of a process on another machine": (own) => ({ ...own, pid: ended(), host: "elsewhere" }),
  "of nobody that can be read": () => "",
} satisfies Record<string, (own: Holder) => Holder | string | undefined>;

interface Holder {
  pid: number;
  host: string;
  since: number;
}

interface Next {
  /** A run begins. */
  take: "is its lock" | "refuses it";
  /** A run ends that had the lock before it came to be so. */
  release: "is free" | "stays";
}

/** Does not compile if a state or an event is missing. */
const TABLE: Record<keyof typeof STATES, Next> = {
  free: { take: "is its lock", release: "is free" },
  "held by this process": { take: "refuses it", release: "is free" },
  "held by another process": { take: "refuses it", release: "stays" },
  "of a process that has ended": { take: "is its lock", release: "stays" },
  "of an earlier process with the number of this one": { take: "is its lock", release: "stays" },
  "of a process on another machine": { take: "refuses it", release: "stays" },
  "of nobody that can be read": { take: "refuses it", release: "stays" },
};

/** Tests every cell of the table. `create` makes a lock that nobody holds. */
export function testLock(create: () => LockUnderTest): void {
  const rows = Object.entries(TABLE) as [keyof typeof STATES, Next][];

  test.each(rows)("%s: when a run begins", (state, { take }) => {
    const { path, ...lock } = create();
    const first = lock.take();
    const own = readFileSync(path, "utf8");
    first.release();
    putInto(path, state, own);
    const given = readIfThere(path);
    if (take === "refuses it") {
      expect(() => lock.take()).toThrow(/if there is no such run, delete .*lock/);
      expect(readIfThere(path)).toBe(given);
      return;
    }
    const taken = lock.take();
    expect(() => lock.take()).toThrow(`process ${process.pid} on ${hostname()}`);
    taken.release();
    expect(existsSync(path)).toBe(false);
  });

  test.each(rows)("%s: when the run ends that had it before", (state, { release }) => {
    const { path, ...lock } = create();
    const former = lock.take();
    putInto(path, state, readFileSync(path, "utf8"));
    const given = readIfThere(path);
    former.release();
    expect(readIfThere(path)).toBe(release === "stays" ? given : undefined);
  });
}

function putInto(path: string, state: keyof typeof STATES, own: string): void {
  const holder = STATES[state](JSON.parse(own) as Holder);
  if (holder === undefined) rmSync(path, { force: true });
  else writeFileSync(path, typeof holder === "string" ? holder : JSON.stringify(holder));
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
