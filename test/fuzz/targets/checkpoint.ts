// A checkpoint file of the command line that something has changed.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { CheckpointFile, loadCheckpoint, type RunIdentity } from "../../../src/cli/files/checkpoint-file.ts";
import { RecordEnds } from "../../../src/cli/input/input-fingerprint.ts";
import { tableOptions } from "../../../src/cli/input/table-options.ts";
import type { Checkpoint } from "../../../src/update/report.ts";
import { anyBytes, type Edit, edited, edits, type ValueEdit, valueEdit, withValue } from "../edits.ts";
import { assert, assertOwn, bytesOf, type Target, textOf } from "../target.ts";

const run: RunIdentity = {
  command: "update",
  audience: "vips",
  destination: "0123456789abcdef",
  table: tableOptions(),
  inputs: [{ path: "a.csv", name: "a.csv", format: "csv", size: 100, modifiedMs: 1 }],
};

const CHECKPOINTS: Checkpoint[] = [
  { records: 0 },
  { records: 10, indexingTokens: ["t1", "t2"] },
  { records: 7, refused: [{ action: "add", id: "a" }], spilled: { id: "a", partition: 3, record: 5 } },
];

const WRITTEN = CHECKPOINTS.map((checkpoint) =>
  inFolder((path) => {
    new CheckpointFile(path, run, new RecordEnds(), checkpoint);
    return textOf(readFileSync(path));
  }),
);

type Input = { checkpoint: number } & (
  | { edits: Edit[] }
  | { value: ValueEdit }
  | { nested: number }
  | { whole: string }
);

const checkpointAt = fc.nat(CHECKPOINTS.length - 1);

export const checkpoint: Target<Input> = {
  name: "checkpoint",
  input: fc.oneof(
    { weight: 4, arbitrary: fc.record({ checkpoint: checkpointAt, edits }) },
    { weight: 4, arbitrary: fc.record({ checkpoint: checkpointAt, value: valueEdit }) },
    { weight: 1, arbitrary: fc.record({ checkpoint: checkpointAt, whole: anyBytes(100) }) },
    { weight: 1, arbitrary: fc.record({ checkpoint: checkpointAt, nested: fc.nat(20_000) }) },
  ),
  async run(input) {
    inFolder((path) => {
      const given = CHECKPOINTS[input.checkpoint]!;
      writeFileSync(path, bytesOf(changed(WRITTEN[input.checkpoint]!, input)));
      let loaded: Checkpoint | undefined;
      try {
        loaded = loadCheckpoint(path, run)?.checkpoint;
      } catch (error) {
        assertOwn(error);
      }
      assert(loaded === undefined || isDeepStrictEqual(loaded, given), "another checkpoint was believed");
    });
  },
};

function inFolder<T>(work: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  try {
    return work(join(folder, "run.json"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function changed(text: string, input: Input): string {
  if ("edits" in input) return edited(text, input.edits);
  if ("value" in input) return withValue(JSON.parse(text), input.value);
  if ("whole" in input) return input.whole;
  const deep = `${"[".repeat(input.nested)}${"]".repeat(input.nested)}`;
  return `{"version":1,"checkpoint":${deep},"digest":""}`;
}
