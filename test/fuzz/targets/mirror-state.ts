// The state of a mirror, its head or its blobs, that something has changed.

import fc from "fast-check";
import { mirror, type SnapshotStore } from "../../../src/mirror/index.ts";
import { memorySnapshotStore } from "../../../src/testing/index.ts";
import { add } from "../../support/actions.ts";
import { members, mirrored } from "../../support/mirrored.ts";
import { anyBytes, type Edit, edited, edits, type ValueEdit, valueEdit, withValue } from "../edits.ts";
import { assert, bytesOf, ended, type Target, textOf } from "../target.ts";

/** What a store holds, and what the audience does. */
interface Held {
  head: string;
  blobs: Map<string, Uint8Array>;
  content: Record<string, unknown>;
}

const BEFORE = members("a", "b", "c", "é", '"');
const AFTER = members("b", "c", "d", "e");

/** What runs leave behind that ended well, and that were killed while they sent. */
const STATES: Promise<Held>[] = [
  held(async ({ run }) => {
    await run(BEFORE);
  }),
  held(async ({ run, killed }) => {
    await run(BEFORE);
    await killed(AFTER, { maxIdsPerRequest: 1 });
  }),
];

async function held(make: (mirrored: ReturnType<typeof mirroredInto>) => Promise<void>): Promise<Held> {
  const blobs = new Map<string, Uint8Array>();
  const made = mirroredInto(blobs);
  await make(made);
  const { head, close } = await made.state.open();
  await close();
  return { head: head!, blobs, content: await made.content() };
}

function mirroredInto(blobs: Map<string, Uint8Array>) {
  const store = memorySnapshotStore();
  const write: SnapshotStore["write"] = async (name, bytes) => {
    blobs.set(name, bytes.slice());
    await store.write(name, bytes);
  };
  return mirrored({}, { ...store, write });
}

type Input = { state: number } & (
  | { head: Edit[] }
  | { value: ValueEdit }
  | { whole: string }
  | { blob: number; edits: Edit[] }
  | { shorter: number }
);

const state = fc.nat(STATES.length - 1);

export const mirrorState: Target<Input> = {
  name: "mirror",
  cost: 10,
  input: fc.oneof(
    fc.record({ state, head: edits }),
    fc.record({ state, value: valueEdit }),
    fc.record({ state, whole: anyBytes(60) }),
    fc.record({ state, blob: fc.nat(20), edits }),
    fc.record({ state, shorter: fc.integer({ min: 1, max: 30 }) }),
  ),
  async run(input) {
    const { head, blobs, content } = await STATES[input.state]!;
    const before = changedHead(head, input);
    const api = mirrored();
    await api.client().update("vips", Object.keys(content).map(add));
    const report = await ended(() =>
      mirror(api.client(), "vips", AFTER, {
        state: storeOf(before, blobs, input),
        maxRemoved: "100%",
        wait: false,
      }),
    );
    if (report === undefined) return;
    const ids = Object.keys(await api.content()).sort();
    assert(ids.join() === AFTER.map(({ id }) => id).join(), `the audience holds ${ids.join()}`);
  },
};

function changedHead(head: string, input: Input): string {
  const line = head.indexOf("\n") + 1;
  if ("head" in input) return edited(head, input.head);
  if ("value" in input)
    return `${head.slice(0, line)}${withValue(JSON.parse(head.slice(line)), input.value)}\n`;
  return "whole" in input ? input.whole : head;
}

function storeOf(head: string, blobs: ReadonlyMap<string, Uint8Array>, input: Input): SnapshotStore {
  const written = new Map(blobs);
  const names = [...blobs.keys()];
  const changed = "blob" in input ? names[input.blob % names.length] : undefined;
  return {
    open: async () => ({ head, close: async () => {} }),
    async read(name, from, to) {
      let bytes = written.get(name);
      if (bytes === undefined) throw new Error(`no blob ${name}`);
      if (name === changed && "edits" in input) bytes = bytesOf(edited(textOf(bytes), input.edits));
      return bytes.slice(from, "shorter" in input ? to - input.shorter : to);
    },
    async write(name, bytes) {
      written.set(name, bytes.slice());
    },
    commit: async () => true,
  };
}
