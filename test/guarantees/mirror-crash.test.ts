import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildMirrorChild, killMirrors } from "./mirror-kills.ts";

let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mirror-crash-"));
  program = await buildMirrorChild(folder);
});

afterAll(() => rmSync(folder, { recursive: true }));

it("a process that is killed at any moment leaves a state from which a newer list is reached exactly (G9)", {
  timeout: 240_000,
}, async () => {
  const { killed, wrong } = await killMirrors(program, 10, 1);
  expect(wrong).toEqual([]);
  expect(Math.min(...Object.values(killed))).toBeGreaterThan(0);
});
