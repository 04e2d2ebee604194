import { expect, test } from "vitest";
import { IdSketch } from "../../src/indexing/id-sketch.ts";
import { OutgoingWindow } from "../../src/update/outgoing-window.ts";
import { Envelope } from "../../src/window/chunk.ts";
import { Window } from "../../src/window/last-action-per-id.ts";

/** A window of so many ids: each is its slot. */
function outgoingOf(count: number): OutgoingWindow {
  const window = new Window(0);
  for (let n = 0; n < count; n++) {
    const json = `{"action":"add","id":"${n}"}`;
    window.add({ id: `${n}`, json, bytes: json.length }, n);
  }
  return new OutgoingWindow(window.seal(), new IdSketch(window.idHashes()), new Envelope("vips"));
}

const limits = { ids: 4, bytes: 1e6 };

test("a window is started once each action was in a chunk, and no half waits", () => {
  const outgoing = outgoingOf(6);
  expect(outgoing.isStarted).toBe(false);
  const chunk = outgoing.next(limits)!;
  expect(outgoing.isStarted).toBe(false);
  outgoing.next(limits);
  expect(outgoing.isStarted).toBe(true);
  outgoing.split(chunk);
  expect(outgoing.isStarted).toBe(false);
  expect(outgoing.ids(outgoing.next(limits)!)).toEqual(["0", "1"]);
  expect(outgoing.isStarted).toBe(false);
  expect(outgoing.ids(outgoing.next(limits)!)).toEqual(["2", "3"]);
  expect(outgoing.isStarted).toBe(true);
});

test("a half of which nothing is left is passed over", () => {
  const outgoing = outgoingOf(4);
  outgoing.split(outgoing.next(limits)!);
  for (const slot of [0, 1]) outgoing.take(slot);
  expect(outgoing.ids(outgoing.next(limits)!)).toEqual(["2", "3"]);
  expect(outgoing.next(limits)).toBeUndefined();
});

test.each([
  [4, 2, ["3", "1"]],
  [4, 10, ["3", "2", "1", "0"]],
  [7, 3, ["6", "4", "1"]],
  [0, 3, []],
])("of %i records, a sample of %i is from all over them", (count, size, ids) => {
  const outgoing = outgoingOf(count);
  expect(outgoing.sample(size).flatMap((chunk) => outgoing.ids(chunk))).toEqual(ids);
});

test("a sample is from the halves that wait too", () => {
  const outgoing = outgoingOf(6);
  outgoing.split(outgoing.next(limits)!);
  const ids = outgoing.sample(6).flatMap((chunk) => outgoing.ids(chunk));
  expect(ids.sort()).toEqual(["0", "1", "2", "3", "4", "5"]);
});
