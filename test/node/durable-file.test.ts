import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeDurably } from "../../src/node/durable-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

it("replaces a file as a whole, for its owner only", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "manifest.json");
  writeFileSync(path, "old");
  chmodSync(path, 0o644);
  await writeDurably(path, "new");
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["manifest.json"]);
});

it("leaves what was there, and nothing else, if it fails", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "manifest.json");
  mkdirSync(path);
  await expect(writeDurably(path, "new")).rejects.toThrow(/EISDIR|EPERM/);
  expect(readdirSync(folder)).toEqual(["manifest.json"]);
});
