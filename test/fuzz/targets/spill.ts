// A folder that a run has spilled to, of which something has changed a file.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { AudienceAction } from "../../../src/actions/action.ts";
import { directory } from "../../../src/node/directory.ts";
import type { Checkpoint } from "../../../src/update/report.ts";
import { UpdateError } from "../../../src/update/update-error.ts";
import { randomActions } from "../../support/actions.ts";
import { differences, oracle } from "../../support/oracle.ts";
import { createRandom } from "../../support/random.ts";
import { accept, firstAnswer, refusal, stub } from "../../support/scripted-api.ts";
import { anyBytes, type Edit, edited, edits, type ValueEdit, valueEdit, withValue } from "../edits.ts";
import { assert, bytesOf, ended, type Target, textOf } from "../target.ts";

const ACTIONS = randomActions(createRandom(1), 60, 40);
const OPTIONS = { window: 5, maxIdsPerRequest: 10 };
const QUICK = { requestsPerSecond: Number.POSITIVE_INFINITY };

interface Held {
  files: Map<string, Uint8Array>;
  checkpoint: Checkpoint;
  /** What was accepted before. */
  delivered: AudienceAction[];
}

/** What a run leaves that the API has refused after its first request. */
const HELD = (async (): Promise<Held> => {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  try {
    const api = stub(
      firstAnswer(accept, () => refusal(400)),
      { ...QUICK, maxInFlight: 1 },
    );
    const spill = directory(folder);
    const error = await api.client.update("vips", ACTIONS, { ...OPTIONS, spill }).catch((error) => error);
    assert(error instanceof UpdateError, "the run has ended well");
    const names = readdirSync(folder);
    const files = new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
    return { files, checkpoint: error.report.checkpoint, delivered: api.updates[0]!.actions };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

type Change = { edits: Edit[] } | { value: ValueEdit } | { whole: string } | { missing: true };
interface Input {
  file: "spill.json" | "data" | "lock";
  change: Change;
  /** Whether the run resumes, or begins again over the whole source. */
  resumes: boolean;
}

export const spill: Target<Input> = {
  name: "spill",
  cost: 2,
  input: fc.record({
    file: fc.constantFrom("spill.json", "spill.json", "data", "data", "lock"),
    change: fc.oneof(
      fc.record({ edits }),
      fc.record({ value: valueEdit }),
      fc.record({ whole: anyBytes(60) }),
      fc.constant({ missing: true as const }),
    ),
    resumes: fc.constantFrom(true, true, false),
  }),
  async run(input) {
    const { files, checkpoint, delivered } = await HELD;
    const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
    try {
      mkdirSync(folder, { recursive: true });
      for (const [name, bytes] of files) writeFileSync(join(folder, name), changed(name, bytes, input));
      if (input.file === "lock")
        writeFileSync(join(folder, "lock"), changed("lock", Buffer.from("{}"), input));
      if ("missing" in input.change) {
        for (const name of files.keys()) if (isMeant(name, input)) rmSync(join(folder, name));
      }
      const api = stub(accept, QUICK);
      const spill = directory(folder);
      const resumeFrom = input.resumes ? checkpoint : undefined;
      const report = await ended(() =>
        api.client.update("vips", ACTIONS, { ...OPTIONS, spill, resumeFrom }).catch(readUndelivered),
      );
      if (report === undefined) return;
      const sent = [...(input.resumes ? delivered : []), ...api.updates.flatMap(({ actions }) => actions)];
      const wrong = differences(oracle(sent), oracle(ACTIONS), 3);
      assert(wrong.length === 0, wrong.join("\n"));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** What an error hands back is read from the disk too. */
function readUndelivered(error: unknown): never {
  if (error instanceof UpdateError) for (const { id } of error.undelivered) assert(id !== "", "no id");
  throw error;
}

function isMeant(name: string, { file }: Input): boolean {
  return file === "data" ? name.endsWith(".data") : name === file;
}

function changed(name: string, bytes: Uint8Array, input: Input): Uint8Array {
  const { change } = input;
  if (!isMeant(name, input)) return bytes;
  if ("edits" in change) return bytesOf(edited(textOf(bytes), change.edits));
  if ("whole" in change) return bytesOf(change.whole);
  if ("value" in change && name !== "data" && !name.endsWith(".data")) {
    return bytesOf(withValue(JSON.parse(textOf(bytes)), change.value));
  }
  return bytes;
}
