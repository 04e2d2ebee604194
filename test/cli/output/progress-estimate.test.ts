import { expect, test } from "vitest";
import { UpdateEstimate, WaitEstimate } from "../../../src/cli/output/progress-estimate.ts";
import { statusLine, statusText } from "../../../src/cli/output/status-line.ts";
import type { UpdateProgress } from "../../../src/index.ts";

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
  resumedAfter = 0,
) {
  const clock = { ms: 0 };
  return { reader, clock, estimate: new UpdateEstimate(reader, 1, resumedAfter, () => clock.ms) };
}

test("while the input is read, the bar stays empty", () => {
  const { estimate, reader } = createRun();
  expect(statusText("vips", estimate.status)).toBe("vips: 0 %, reading 50 %, 50,000 records");
  Object.assign(reader, { records: 100_000, hasEnded: true });
  expect(statusText("vips", estimate.status)).toBe("vips: 0 %, 100,000 records read, waiting for an answer");
});

test("a resumed run begins where the earlier one ended", () => {
  const { estimate } = createRun({ records: 2000, bytesRead: 20, size: 1000, hasEnded: false }, 75_000);
  expect(statusText("vips", estimate.status)).toBe("vips: 75 %, reading 2 %, 2,000 records");
});

test("while it asks for requests of an earlier run, it says so, and the bar stands still", () => {
  const reader = { records: 100_000, bytesRead: 1000, size: 1000, hasEnded: true };
  const { estimate } = createRun(reader, 75_000);
  const indexingTokens = ["one", "two"];
  estimate.report(progressOf({ unsent: 25_000, polls: 1, checkpoint: { records: 0, indexingTokens } }));
  const asking = "asking, 2 requests not applied yet";
  expect(statusText("vips", estimate.status)).toBe(`vips: 75 %, 0 accepted, 0 requests, ${asking}`);
  estimate.report(progressOf({ unsent: 25_000, polls: 2, throttledForMs: 1000 }));
  expect(estimate.status.parts.at(-1)).toBe("throttled, goes on in 1 s");
  estimate.report(progressOf({ unsent: 25_000, polls: 2 }));
  expect(estimate.status.parts.at(-1)).toBe("asking");
  estimate.report(progressOf({ accepted: 10_000, unsent: 15_000, polls: 2, requests: 1 }));
  expect(statusText("vips", estimate.status)).toBe("vips: 85 %, 10,000 accepted, 1 request");
});

test("while it reads, it shows the time that is left for that", () => {
  const { estimate, clock, reader } = createRun();
  clock.ms = 5000;
  Object.assign(reader, { bytesRead: 250, records: 25_000 });
  expect(statusText("vips", estimate.status)).toBe("vips: 0 %, reading 25 %, 25,000 records, 15 s left");
});

test("once all is read before anything is sent, it shows what share of that is sent, and the time left", () => {
  const { estimate, clock } = createRun({ records: 100, bytesRead: 10, size: 10, hasEnded: true });
  const checkpoint = { records: 0, spilled: { id: "a", partition: 0, record: 0 } };
  clock.ms = 7000;
  estimate.report(progressOf({ received: 100, unsent: 100, checkpoint }));
  expect(statusText("vips", estimate.status)).toBe("vips: 0 %, 0 accepted, 0 requests");
  clock.ms = 9000;
  estimate.report(progressOf({ received: 100, accepted: 40, unsent: 60, requests: 2, checkpoint }));
  expect(statusText("vips", estimate.status)).toBe(
    "vips: 40 %, 40 accepted, 2 requests, 1.0 of 1/s, 3 s left",
  );
});

test("a run that resumes without reading shows what share is sent of what was left", () => {
  const { estimate } = createRun({ records: 0, bytesRead: 0, size: 10, hasEnded: false });
  const checkpoint = { records: 0, spilled: { id: "a", partition: 9, record: 0 } };
  estimate.report(progressOf({ received: 50, accepted: 10, unsent: 40, requests: 1, checkpoint }));
  expect(statusText("vips", estimate.status)).toBe("vips: 20 %, 10 accepted, 1 request");
});

test("it shows what share of the input is delivered, the rate against the allowed one, and the time left", () => {
  const { estimate, clock } = createRun();
  estimate.report(progressOf({ accepted: 10_000, requests: 1, unsent: 40_000 }));
  expect(statusText("vips", estimate.status)).toBe("vips: 10 %, 10,000 accepted, 1 request");
  clock.ms = 2000;
  estimate.report(progressOf({ accepted: 30_000, requests: 3, unsent: 20_000 }));
  expect(statusText("vips", estimate.status)).toBe(
    "vips: 30 %, 30,000 accepted, 3 requests, 1.0 of 1/s, 7 s left",
  );
  clock.ms = 4000;
  expect(estimate.status.parts.at(-1)).toBe("5 s left");
});

test("records that a later one supersedes are delivered with it, not before", () => {
  const { estimate } = createRun({ records: 100_000, bytesRead: 1000, size: 1000, hasEnded: true });
  estimate.report(progressOf({ superseded: 80_000, accepted: 5000, unsent: 15_000, requests: 1 }));
  expect(estimate.status.share).toBeCloseTo(0.25);
});

test("between two windows, it says that it reads", () => {
  const { estimate } = createRun();
  estimate.report(progressOf({ accepted: 50_000, requests: 5 }));
  expect(statusText("vips", estimate.status)).toBe(
    "vips: 50 %, 50,000 accepted, 5 requests, reading 50 %, 50,000 records",
  );
});

test("after a while without an answer, it says that it waits for one", () => {
  const { estimate, clock } = createRun();
  estimate.report(progressOf({ accepted: 10_000, requests: 1, unsent: 40_000 }));
  clock.ms = 12_000;
  expect(estimate.status.parts.at(-1)).toBe("waiting for an answer, 12 s");
});

test("reading ahead does not change the share", () => {
  const { estimate, reader, clock } = createRun();
  estimate.report(progressOf({ accepted: 10_000, requests: 1, unsent: 40_000 }));
  clock.ms = 1000;
  estimate.report(progressOf({ accepted: 20_000, requests: 2, unsent: 30_000 }));
  const before = estimate.status.share;
  Object.assign(reader, { records: 100_000, bytesRead: 1000 });
  expect(estimate.status.share).toBeCloseTo(before ?? Number.NaN);
});

test("where the size is not known, there is no bar and no time left until the input has ended", () => {
  const { estimate, reader, clock } = createRun({
    records: 50_000,
    bytesRead: 500,
    size: undefined,
    hasEnded: false,
  });
  expect(statusText("vips", estimate.status)).toBe("vips: reading, 50,000 records");
  estimate.report(progressOf({ accepted: 10_000, requests: 1, unsent: 40_000 }));
  clock.ms = 1000;
  estimate.report(progressOf({ accepted: 20_000, requests: 2, unsent: 30_000 }));
  expect(statusText("vips", estimate.status)).toBe("vips: 20,000 accepted, 2 requests, 1.0 of 1/s");
  reader.hasEnded = true;
  expect(estimate.status.share).toBeCloseTo(0.4);
});

test("in a cooldown, it shows when it goes on, and says nothing of what the server asked for", () => {
  const { estimate, clock } = createRun();
  estimate.report(progressOf({ accepted: 10_000, requests: 2, unsent: 40_000, throttledForMs: 5000 }));
  expect(estimate.status.parts).toEqual(["10,000 accepted", "2 requests", "throttled, goes on in 5 s"]);
  clock.ms = 2500;
  expect(estimate.status.parts.at(-1)).toBe("throttled, goes on in 3 s");
  clock.ms = 5000;
  expect(estimate.status.parts).toHaveLength(2);
});

test("waiting shows how many requests are applied", () => {
  let now = 0;
  const wait = new WaitEstimate(4, () => now);
  now = 65_000;
  wait.polled({ open: 1 });
  expect(statusText("vips", wait.status)).toBe("vips: 75 %, 3 of 4 requests applied, 1 min 5 s");
});

test("the status fits the terminal: the last parts are left out first", () => {
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
