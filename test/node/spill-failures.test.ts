import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { directory } from "../../src/node/directory.ts";
import { DirectoryError } from "../../src/node/directory-error.ts";
import { SpilledActions } from "../../src/update/undelivered.ts";
import { InvalidActionError, UpdateError } from "../../src/update/update-error.ts";
import { oracle } from "../support/oracle.ts";
import {
  accept,
  add,
  adds,
  expectBalance,
  firstAnswer,
  refusal,
  rejection,
  remove,
  stub,
} from "../support/scripted-api.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const quick = { requestsPerSecond: Number.POSITIVE_INFINITY, maxInFlight: 1 };
const small = { window: 10, maxIdsPerRequest: 10 };
const folder = () => join(temporaryFolder(), "spill");

const refuseAll = stub(() => refusal(401), quick);

async function listOf(actions: AsyncIterable<AudienceAction>): Promise<AudienceAction[]> {
  const list: AudienceAction[] = [];
  for await (const action of actions) list.push(action);
  return list;
}

/** Its third request is refused. */
const failing = () =>
  stub(
    firstAnswer(accept, accept, () => refusal(401)),
    quick,
  );

describe("a run that fails while it sends", () => {
  it("hands back what is left from the disk, and says how to resume", async () => {
    const api = failing();
    const path = folder();
    const source = [...adds(500), ...adds(200).map(({ id }) => remove(id))];
    const error = await rejection(
      api.client.update("vips", source, { ...small, spill: directory(path) }),
      UpdateError,
    );
    expectBalance(error.report);
    expect(error.report).toMatchObject({ received: 700, accepted: 20, failed: 10 });
    expect(error.message).toContain(
      `They are in ${path} until the next run that spills there. To resume without the source, pass \`report.checkpoint\``,
    );
    const undelivered = error.undelivered as SpilledActions;
    expect(undelivered).toBeInstanceOf(SpilledActions);
    expect(undelivered.directory).toBe(path);
    const list = await listOf(undelivered);
    expect([...undelivered]).toEqual(list);
    expect(undelivered.length).toBe(list.length);
    expect(list).toHaveLength(error.report.failed + error.report.unsent);
    // With what was accepted, that is the whole source.
    const accepted = api.updates.slice(0, 2).flatMap(({ actions }) => actions);
    expect(oracle([...accepted, ...list])).toEqual(oracle(source));
  });

  it("can have what it hands back passed to update with the same directory", async () => {
    const api = failing();
    const options = { ...small, spill: directory(folder()) };
    const source = [...adds(500), ...adds(200).map(({ id }) => remove(id))];
    const { undelivered } = await rejection(api.client.update("vips", source, options), UpdateError);
    await api.client.update("vips", undelivered, options);
    const taken = api.updates.filter((_, index) => index !== 2).flatMap(({ actions }) => actions);
    expect(oracle(taken)).toEqual(oracle(source));
    expect(existsSync(undelivered instanceof SpilledActions ? undelivered.directory : "")).toBe(false);
  });

  it("leaves out what calls deliver that were waiting", async () => {
    const api = failing();
    const path = folder();
    const first = rejection(
      api.client.update("vips", adds(200), { ...small, spill: directory(path) }),
      UpdateError,
    );
    const second = api.client.update("vips", [remove("7"), remove("8")]);
    const { undelivered, report } = await first;
    const before = report.failed + report.unsent;
    await second;
    const ids = new Set([...undelivered].map(({ id }) => id));
    expect([ids.has("7"), ids.has("8")]).toEqual([false, false]);
    expect([before - 2, before - 1, before]).toContain(undelivered.length);
    expect(ids.size).toBe(undelivered.length);
  });

  it("with everything accepted but a record that the API refuses, holds that in memory and leaves no directory", async () => {
    const path = folder();
    const api = stub(
      (call) => (call.actions.some(({ id }) => id === "bad") ? refusal(400) : accept(call)),
      quick,
    );
    const options = { ...small, spill: directory(path), refused: "isolate" } as const;
    const source = [...adds(100), add("bad"), ...adds(100, 100)];
    const error = await rejection(api.client.update("vips", source, options), UpdateError);
    expectBalance(error.report);
    expect(error.report).toMatchObject({ accepted: 200, failed: 1, checkpoint: { records: 201 } });
    expect(error.report.rejections).toMatchObject([{ index: 100, id: "bad" }]);
    expect([...error.undelivered]).toEqual([add("bad")]);
    expect(existsSync(path)).toBe(false);
  });
});

describe("a run that fails while it reads", () => {
  it.each<
    [
      string,
      (n: number) => AudienceAction,
      abstract new (...args: never[]) => UpdateError | InvalidActionError,
    ]
  >([
    [
      "the source throws",
      () => {
        throw new Error("gone");
      },
      UpdateError,
    ],
    ["an action is invalid", () => add(" "), InvalidActionError],
  ])("because %s has sent nothing, and hands back what was read", async (_, last, kind) => {
    const api = stub(accept, quick);
    const path = folder();
    function* source() {
      yield* adds(300);
      yield last(300);
    }
    const error = await rejection(
      api.client.update("vips", source(), { ...small, spill: directory(path) }),
      kind,
    );
    expect(api.calls).toEqual([]);
    expectBalance(error.report);
    expect(error.message).toContain(`They are in ${path} until the next run that spills there.`);
    expect(error.message).not.toContain("To resume without the source");
    expect(error.report.checkpoint).toEqual({ records: 0 });
    const ids = (await listOf(error.undelivered as SpilledActions)).map(({ id }) => Number(id));
    expect(ids.sort((one, other) => one - other)).toEqual(Array.from({ length: 300 }, (_, n) => n));
    // The next run clears it.
    await api.client.update("vips", adds(30), { ...small, spill: directory(path) });
    expect(existsSync(path)).toBe(false);
  });

  it("because it is aborted, ends at once and holds nothing open", async () => {
    const api = stub(accept, quick);
    const path = folder();
    const abort = new AbortController();
    async function* source() {
      yield* adds(300);
      abort.abort(new Error("stop"));
      await new Promise(() => {});
    }
    const options = { ...small, spill: directory(path), signal: abort.signal };
    const error = await rejection(api.client.update("vips", source(), options), UpdateError);
    expect(error.undelivered).toHaveLength(300);
    expect(readdirSync(path)).toEqual([expect.stringMatching(/^spill-[0-9a-f]+\.data$/)]);
  });
});

describe("a directory that cannot be cleared", () => {
  it("does not hide what became of the actions, and is let go", async () => {
    const path = folder();
    const api = stub(accept, quick);
    const onReceipt = () => mkdirSync(join(path, "spill-0.data", "not ours"), { recursive: true });
    const options = { ...small, spill: directory(path) };
    const updating = api.client.update("vips", adds(300), { ...options, onReceipt });
    const error = await rejection(updating, UpdateError);
    expect(error.report).toMatchObject({ received: 300, accepted: 300, requests: 30 });
    expect(error.cause).toBeInstanceOf(DirectoryError);
    expect(error.message).toMatch(
      /spill: cannot be cleared: .* Every valid action that was read is accepted/,
    );
    expect(readdirSync(path)).not.toContain("lock");
  });

  it("does not matter to a run that has not used it", async () => {
    const path = folder();
    const onReceipt = () => {
      mkdirSync(path);
      writeFileSync(join(path, "lock"), "of another run");
    };
    const report = await stub(accept, quick).client.update("vips", adds(3), {
      ...small,
      spill: directory(path),
      onReceipt,
    });
    expect(report.accepted).toBe(3);
    expect(readdirSync(path)).toEqual(["lock"]);
  });
});

describe("what is handed back from a disk", () => {
  it("says so when another run has taken its place", async () => {
    const path = folder();
    const options = { ...small, spill: directory(path) };
    const { undelivered } = await rejection(refuseAll.client.update("vips", adds(300), options), UpdateError);
    await stub(accept, quick).client.update("vips", adds(300), options);
    expect(() => [...undelivered]).toThrow(/cannot be read: there is no such file or directory \(ENOENT\)/);
  });
});
