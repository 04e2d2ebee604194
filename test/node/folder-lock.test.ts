import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { DirectoryError } from "../../src/node/directory-error.ts";
import { FolderLock } from "../../src/node/folder-lock.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

it("lets one run at a time use a folder, and leaves nothing behind", () => {
  const folder = temporaryFolder();
  const lock = new FolderLock(folder, "spill");
  expect(readdirSync(folder)).toEqual(["lock"]);
  expect(() => new FolderLock(folder, "spill")).toThrow(ConfigurationError);
  expect(() => FolderLock.check(folder, "spill")).toThrow(
    `Expected \`spill\` to be a directory that no other run uses, got ${folder}, which process ${process.pid} on ${hostname()} uses`,
  );
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
  FolderLock.check(folder, "spill");
  new FolderLock(folder, "spill").release();
});

it.each<[string, (own: { pid: number; host: string; since: number }) => object]>([
  ["a process that has ended", (own) => ({ ...own, pid: spawnSync(process.execPath, ["-e", ""]).pid })],
  ["an earlier process of the same number", (own) => ({ ...own, since: own.since - 60_000 })],
])("takes over the lock of %s", (_, change) => {
  const folder = temporaryFolder();
  const first = new FolderLock(folder, "spill");
  const own = JSON.parse(readFileSync(join(folder, "lock"), "utf8"));
  writeFileSync(join(folder, "lock"), JSON.stringify(change(own)));
  FolderLock.check(folder, "spill");
  const second = new FolderLock(folder, "spill");
  // The first no longer has it, so it must not release it.
  first.release();
  expect(readdirSync(folder)).toEqual(["lock"]);
  second.release();
  expect(readdirSync(folder)).toEqual([]);
});

it.each([
  ["a process on another machine", JSON.stringify({ pid: 1, host: "elsewhere", since: 0 })],
  ["nobody that can be read", ""],
])("does not take over the lock of %s", (_, holder) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "lock"), holder);
  expect(() => new FolderLock(folder, "spill")).toThrow(/if there is no such run, delete .*lock/);
});

it("says which folder cannot be written, and why", () => {
  const folder = join(temporaryFolder(), "file");
  writeFileSync(folder, "");
  expect(() => new FolderLock(folder, "state")).toThrow(DirectoryError);
  expect(() => new FolderLock(folder, "state")).toThrow(
    `${folder}: cannot be written: it is no directory (ENOTDIR)`,
  );
});
