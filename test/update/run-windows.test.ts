import { expect, test } from "vitest";
import { RunWindows } from "../../src/update/run-windows.ts";
import { Envelope } from "../../src/window/chunk.ts";
import { Window } from "../../src/window/last-action-per-id.ts";
import type { WindowSource } from "../../src/window/window-source.ts";
import { idle } from "../support/virtual-time.ts";

/** Windows of one action each that share no id: the record of each is ten times its number. */
function windowsOf(): RunWindows {
  let taken = 0;
  const source: WindowSource = {
    isDisjoint: true,
    size: 0,
    isEmpty: false,
    readNext: async () => true,
    takeWindow() {
      const window = new Window(10 * taken);
      window.add({ id: `${taken}`, json: `{"id":"${taken}"}`, bytes: 10 }, 10 * taken);
      taken++;
      return window;
    },
    has: () => false,
    position: (place) => ({ records: place ?? 10 * taken }),
    seal: () => [],
    close: async () => undefined,
  };
  return new RunWindows(source, new Envelope("vips"));
}

test("at most four windows that share no id are sent at once", async () => {
  const windows = windowsOf();
  const ends: (() => void)[] = [];
  let begun = 0;
  const beginAll = async () => {
    for (; begun < 6; begun++) {
      windows.begin();
      const sent = new Promise<void>((resolve) => void ends.push(resolve));
      await windows.sending(sent, Promise.resolve());
    }
  };
  const ended = beginAll();
  await idle();
  expect(ends).toHaveLength(4);
  ends[1]!();
  await idle();
  expect(ends).toHaveLength(5);
  ends[0]!();
  await idle();
  for (const end of ends) end();
  await ended;
});

test("the position is at the first action that is left, also behind a window that has none", () => {
  const windows = windowsOf();
  const first = windows.begin();
  const second = windows.begin();
  expect(windows.position).toEqual({ records: 0 });
  first.take(0);
  expect(windows.position).toEqual({ records: 10 });
  second.take(0);
  expect(windows.position).toEqual({ records: 20 });
});
