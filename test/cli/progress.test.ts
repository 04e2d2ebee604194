import { expect, test } from "vitest";
import { Progress, statusLine, statusText, WaitProgress } from "../../src/cli/progress.ts";
import { Screen } from "../../src/cli/screen.ts";
import type { UpdateProgress } from "../../src/index.ts";

function progressOf(part: Partial<UpdateProgress>): UpdateProgress {
  return {
    audience: "vips",
    received: 0,
    superseded: 0,
    rejected: 0,
    accepted: 0,
    failed: 0,
    unsent: 0,
    requests: 0,
    retries: 0,
    polls: 0,
    throttledMs: 0,
    throttledForMs: 0,
    elapsedMs: 0,
    bytes: 0,
    checkpoint: { records: 0 },
    ...part,
  };
}

/** A run over an input, half of which is read, at a time that is set. */
function createRun(
  reader = { records: 50_000, bytesRead: 500, size: 1000 as number | undefined, hasEnded: false },
) {
  const clock = { ms: 0 };
  return { reader, clock, progress: new Progress(reader, 1, () => clock.ms) };
}

test("before anything is sent it tells how much is read", () => {
  const { progress } = createRun();
  expect(statusText("vips", progress.status)).toBe("vips: 50 %, reading, 50,000 records");
});

test("it tells what share of all there is has been settled, the rate against the allowed one, and the time left", () => {
  const { progress, clock } = createRun();
  progress.report(progressOf({ accepted: 10_000, requests: 1, unsent: 40_000 }));
  expect(statusText("vips", progress.status)).toBe("vips: 10 %, 10,000 accepted, 1 request");
  clock.ms = 2000;
  progress.report(progressOf({ accepted: 30_000, requests: 3, unsent: 20_000 }));
  expect(statusText("vips", progress.status)).toBe(
    "vips: 30 %, 30,000 accepted, 3 requests, 1.0 of 1/s, 7 s left",
  );
  clock.ms = 4000;
  expect(progress.status.parts.at(-1)).toBe("5 s left");
});

test("reading ahead makes neither the share smaller nor the end nearer", () => {
  const { progress, reader, clock } = createRun();
  progress.report(progressOf({ requests: 1, unsent: 40_000 }));
  clock.ms = 1000;
  progress.report(progressOf({ requests: 2, unsent: 30_000 }));
  const before = progress.status.share;
  Object.assign(reader, { records: 100_000, bytesRead: 1000 });
  expect(progress.status.share).toBeCloseTo(before ?? Number.NaN);
});

test("where the size is not known there is no bar and no time left until the input has ended", () => {
  const { progress, reader, clock } = createRun({
    records: 50_000,
    bytesRead: 500,
    size: undefined,
    hasEnded: false,
  });
  progress.report(progressOf({ accepted: 10_000, requests: 1, unsent: 40_000 }));
  clock.ms = 1000;
  progress.report(progressOf({ accepted: 20_000, requests: 2, unsent: 30_000 }));
  expect(statusText("vips", progress.status)).toBe("vips: 20,000 accepted, 2 requests, 1.0 of 1/s");
  reader.hasEnded = true;
  expect(progress.status.share).toBeCloseTo(0.4);
});

test("while the server asks to wait it says so, and counts down", () => {
  const { progress, clock } = createRun();
  progress.report(progressOf({ accepted: 10_000, requests: 2, unsent: 40_000, throttledForMs: 5000 }));
  expect(progress.status.parts).toEqual(["10,000 accepted", "2 requests", "waiting, server asks for 5 s"]);
  clock.ms = 2500;
  expect(progress.status.parts.at(-1)).toBe("waiting, server asks for 3 s");
  clock.ms = 5000;
  expect(progress.status.parts).toHaveLength(2);
});

test("waiting shows how many requests are applied", () => {
  let now = 0;
  const wait = new WaitProgress(4, () => now);
  now = 65_000;
  wait.polled({ open: 1 });
  expect(statusText("vips", wait.status)).toBe("vips: 75 %, 3 of 4 requests applied, 1 min 5 s");
});

test("the line fits the terminal: what is least needed goes first", () => {
  const status = { share: 0.5, parts: ["50,000 accepted", "5 requests", "1.0 of 1/s", "5 s left"] };
  const wide = statusLine("vips", status, 120);
  expect(wide).toBe(
    "vips  ████████████░░░░░░░░░░░░  50 %  50,000 accepted  5 requests  1.0 of 1/s  5 s left",
  );
  expect(statusLine("vips", status, 70)).toBe(
    "vips  ████████████░░░░░░░░░░░░  50 %  50,000 accepted  5 requests",
  );
  for (let width = 1; width < 120; width++) {
    expect(statusLine("vips", status, width).length).toBeLessThan(Math.max(width, 1));
  }
});

function record(isTerminal: boolean, color = false) {
  let written = "";
  const output = {
    columns: 80,
    write(text: string) {
      written += text;
      return true;
    },
  };
  const screen = new Screen(output, { isTerminal, color, quiet: false, debug: false });
  return { screen, written: () => written };
}

test("on a terminal the line is rewritten, and notes come above it", () => {
  const { screen, written } = record(true);
  screen.follow("vips", () => ({ parts: ["reading"] }));
  screen.warn("odd");
  screen.stop();
  expect(written()).toBe("\rvips  reading\u001b[K\r\u001b[Kwarning: odd\n");
});

test("elsewhere nothing is rewritten and nothing is coloured", () => {
  const { screen, written } = record(false);
  screen.follow("vips", () => ({ parts: ["reading"] }));
  screen.error("broken");
  screen.stop();
  expect(written()).toBe("error: broken\n");
});

test("colour is for the word in front alone", () => {
  const { screen, written } = record(true, true);
  screen.error("broken");
  expect(written()).toBe("\u001b[31merror:\u001b[0m broken\n");
});
