import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SnapshotDirectory } from "../../src/node/snapshot-directory.ts";
import { snapshotStoreContract } from "../../src/testing/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("a folder as a store", () => {
  let parent: string;
  let folders = 0;
  const paths = new WeakMap<object, string>();
  beforeAll(() => {
    parent = mkdtempSync(join(tmpdir(), "snapshots-"));
  });
  afterAll(() => rmSync(parent, { recursive: true }));

  snapshotStoreContract(it, (before) => {
    const path = (before && paths.get(before)) ?? join(parent, `${folders++}`);
    const store = new SnapshotDirectory(path);
    paths.set(store, path);
    return store;
  });
});

const bytes = new Uint8Array([1, 2, 3]);

it("is for its owner only, and so is what it holds", async () => {
  const path = join(temporaryFolder(), "state");
  const store = new SnapshotDirectory(path);
  const { close } = await store.open();
  await store.write("one", bytes);
  await store.commit(undefined, "head", ["one"]);
  await close();
  expect(readdirSync(path).sort()).toEqual(["head", "one.blob"]);
  const modes = [path, join(path, "head"), join(path, "one.blob")].map((file) => statSync(file).mode & 0o777);
  expect(modes).toEqual([0o700, 0o600, 0o600]);
});

it("holds nothing that no commit has named", async () => {
  const path = temporaryFolder();
  const store = new SnapshotDirectory(path);
  const first = await store.open();
  for (const blob of ["one", "two", "three"]) await store.write(blob, bytes);
  await store.commit(undefined, "head 1", ["one", "two"]);
  expect(readdirSync(path).sort()).toEqual(["head", "lock", "one.blob", "two.blob"]);
  await store.commit("head 1", "head 2", ["two"]);
  await store.write("four", bytes);
  await first.close();
  expect(readdirSync(path).sort()).toEqual(["head", "two.blob"]);
  // What a killed process has left goes with the next commit.
  for (const name of ["five.blob", "head.0123.tmp", "mine.txt"]) writeFileSync(join(path, name), "");
  const next = await store.open();
  await store.commit("head 2", "head 3", ["two"]);
  await next.close();
  expect(readdirSync(path).sort()).toEqual(["head", "mine.txt", "two.blob"]);
});

it("is not made by a run that commits nothing", async () => {
  const path = join(temporaryFolder(), "state");
  const store = new SnapshotDirectory(path);
  const first = await store.open();
  await store.write("one", bytes);
  await first.close();
  expect(() => statSync(path)).toThrow("ENOENT");
  mkdirSync(path);
  await (await store.open()).close();
  expect(readdirSync(path)).toEqual([]);
});

it("makes everything durable before the head, and the head before it says so (G16)", async () => {
  const path = temporaryFolder();
  const calls: string[] = [];
  const store = new SnapshotDirectory(path, {
    ...fs,
    async open(...args: Parameters<typeof fs.open>) {
      const name = String(args[0])
        .replace(path, "")
        .replace(/head\..*/, "head.tmp");
      const file = await fs.open(...args);
      const sync = file.sync.bind(file);
      return Object.assign(file, {
        sync: () => {
          calls.push(`sync ${name}`);
          return sync();
        },
      });
    },
    async rename(from, to) {
      calls.push("rename");
      await fs.rename(from, to);
    },
  });
  const { close } = await store.open();
  await store.write("one", bytes);
  await store.write("two", bytes);
  await store.commit(undefined, "head", ["one", "two"]);
  expect(calls).toEqual(["sync /one.blob", "sync /two.blob", "sync ", "sync /head.tmp", "rename", "sync "]);
  expect(readFileSync(join(path, "head"), "utf8")).toBe("head");
  await close();
});
