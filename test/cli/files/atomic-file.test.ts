import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AtomicFile, writeAtomically } from "../../../src/cli/files/atomic-file.ts";
import { enterFolder, type Folder } from "../../support/cli.ts";

let folder: Folder;

beforeEach(() => {
  folder = enterFolder();
});
afterEach(() => folder.remove());

const read = (name: string) => readFileSync(folder.file(name), "utf8");
const modeOf = (name: string) => statSync(folder.file(name)).mode & 0o777;

test("the old content stays until the new one is committed, and if it is discarded", () => {
  folder.write("out", "old");
  const file = new AtomicFile("out");
  file.write("new");
  expect(read("out")).toBe("old");
  file.discard();
  expect(read("out")).toBe("old");
  writeAtomically("out", "new");
  expect(read("out")).toBe("new");
  expect(readdirSync(folder.path)).toEqual(["out"]);
});

test("files that are named like a temporary file are left alone, and links are not followed", () => {
  folder.write("out.tmp", "of somebody else");
  folder.write("other.tmp", "of somebody else");
  symlinkSync("other.tmp", folder.file("linked.tmp"));
  writeAtomically("out", "new");
  writeAtomically("linked", "new");
  expect([read("out.tmp"), read("other.tmp")]).toEqual(["of somebody else", "of somebody else"]);
  expect(readlinkSync(folder.file("linked.tmp"))).toBe("other.tmp");
});

test("a new file is for its owner only, and an existing one stays as open or closed as it is", () => {
  const umask = process.umask(0);
  try {
    for (const mode of [0o600, 0o664]) {
      folder.write("out", "old");
      chmodSync(folder.file("out"), mode);
      writeAtomically("out", "new");
      expect(modeOf("out")).toBe(mode);
    }
    writeAtomically("new", "new");
    expect(modeOf("new")).toBe(0o600);
  } finally {
    process.umask(umask);
  }
});

test("a link to a file stays a link, and the file is replaced", () => {
  mkdirSync(folder.file("elsewhere"));
  folder.write("elsewhere/out", "old");
  symlinkSync("elsewhere/out", folder.file("link"));
  writeAtomically("link", "new");
  expect(readlinkSync(folder.file("link"))).toBe("elsewhere/out");
  expect(read("elsewhere/out")).toBe("new");
});

test("a device is written to and not replaced", () => {
  writeAtomically("/dev/null", "nothing");
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  expect(() => writeAtomically("/dev/full", "too much")).toThrow("ENOSPC");
  expect(existsSync("/dev/full")).toBe(true);
});
