import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { importCircles, importersOf, importsAgainstLayers, importsFrom } from "./house/layers.ts";
import { unsafeLockEntries } from "./house/lock-file.ts";
import { deepNesting, longFiles, longFunctions, sharedFileNames } from "./house/size.ts";
import { sourceFilesIn } from "./house/source-file.ts";
import { bannedInCommentsOf, bannedNames } from "./house/words.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = sourceFilesIn(root, "src");

it("finds the source", () => {
  expect(sources.map(({ path }) => path)).toContain("src/client.ts");
});

it("has no file of more than 250 lines", () => {
  expect(longFiles(sources, 250)).toEqual([]);
});

it("has no function of more than 60 lines", () => {
  expect(sources.flatMap((file) => longFunctions(file, 60))).toEqual([]);
});

it("nests control flow at most 3 deep", () => {
  expect(sources.flatMap((file) => deepNesting(file, 3))).toEqual([]);
});

it("names every file differently", () => {
  expect(sharedFileNames(sources)).toEqual([]);
});

it("imports one way, from each layer to those below it", () => {
  expect(importsAgainstLayers(sources)).toEqual([]);
});

it("has no circle of imports", () => {
  expect(importCircles(sources)).toEqual([]);
});

it("imports openapi-fetch in one file only", () => {
  expect(importersOf("openapi-fetch", sources)).toEqual(["src/transport/http.ts"]);
});

it("imports nothing from test/ in scripts/", () => {
  expect(importsFrom("test/", sourceFilesIn(root, "scripts"))).toEqual([]);
});

it("uses the fake through its public entry in tests and scripts, but for the tests of its own files", () => {
  const users = [...sourceFilesIn(root, "test"), ...sourceFilesIn(root, "scripts")];
  const others = users.filter(({ path }) => !path.startsWith("test/testing/"));
  const inner = importsFrom("src/testing/", others).filter((arrow) => !arrow.endsWith("/index.ts"));
  expect(inner).toEqual([]);
});

it("has no banned word in a name", () => {
  expect(sources.flatMap(bannedNames)).toEqual([]);
});

it("has no banned word in a comment", () => {
  expect(sources.flatMap(bannedInCommentsOf)).toEqual([]);
});

it.each(["package-lock.json", "scripts/bench/peers/package-lock.json"])(
  "locks every package of %s by its hash and to no host",
  (path) => {
    expect(unsafeLockEntries(readFileSync(join(root, path), "utf8"))).toEqual([]);
  },
);
