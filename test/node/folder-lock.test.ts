import { readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { DirectoryError } from "../../src/node/directory-error.ts";
import { FolderLock } from "../../src/node/folder-lock.ts";
import { testLock } from "../support/lock-table.ts";
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

describe("a lock of a folder", () => {
  testLock(() => {
    const folder = temporaryFolder();
    return { path: join(folder, "lock"), take: () => new FolderLock(folder, "spill") };
  });
});

it("says which folder cannot be written, and why", () => {
  const folder = join(temporaryFolder(), "file");
  writeFileSync(folder, "");
  expect(() => new FolderLock(folder, "state")).toThrow(DirectoryError);
  expect(() => new FolderLock(folder, "state")).toThrow(
    `${folder}: cannot be written: it is no directory (ENOTDIR)`,
  );
});
