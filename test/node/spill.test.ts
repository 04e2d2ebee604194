import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { createDirectory, directory } from "../../src/node/directory.ts";
import { systemFiles } from "../../src/node/files.ts";
import type { UpdateProgress } from "../../src/update/report.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import type { UpdateOptions } from "../../src/update/update-options.ts";
import { addWith } from "../support/actions.ts";
import { instantDisk, instantFiles } from "../support/instant-disk.ts";
import { oracle } from "../support/oracle.ts";
import {
  accept,
  adds,
  expectBalance,
  expectPace,
  refusal,
  rejection,
  remove,
  type Stub,
  stub,
} from "../support/scripted-api.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const quick = { requestsPerSecond: Number.POSITIVE_INFINITY };
const folder = () => join(temporaryFolder(), "spill");
/** Windows so small that almost everything is spilled. */
const small: UpdateOptions = { window: 10, maxIdsPerRequest: 10 };

/** Some of the ids come again, with another action. */
function* repeating(count: number, distinct: number): Generator<AudienceAction> {
  for (let n = 0; n < count; n++) {
    const id = `id-${(n * 7919) % distinct}`;
    yield n % 5 === 0 ? remove(id) : addWith(id, { n });
  }
}

const sent = (api: Stub) => api.updates.flatMap(({ actions }) => actions);

describe("a source that does not fit one window", () => {
  it.each([
    ["all ids distinct", 1003],
    ["20 % repeated", 802],
    ["80 % repeated", 207],
  ])("costs the fewest requests and no poll, with %s (G6)", async (_, distinct) => {
    const api = stub(accept, quick);
    const path = folder();
    const source = [...repeating(1003, distinct)];
    const report = await api.client.update("vips", source, { ...small, spill: directory(path) });
    expect(report).toMatchObject({
      received: 1003,
      superseded: 1003 - distinct,
      accepted: distinct,
      requests: Math.ceil(distinct / 10),
      polls: 0,
      checkpoint: { records: 1003 },
    });
    expect(new Set(sent(api).map(({ id }) => id)).size).toBe(distinct);
    expect(oracle(sent(api))).toEqual(oracle(source));
    expect(existsSync(path)).toBe(false);
  });

  it("sends the last action of an id, wherever its actions are", async () => {
    const api = stub(accept, quick);
    const first = ["in memory", "first", "é", '"quoted\\"', "removed"];
    const source = [
      ...first.map((id) => addWith(id, { n: 1 })),
      ...adds(30),
      ...first.map((id) => addWith(id, { n: 2 })),
      ...adds(30, 100),
      remove("removed"),
      addWith("first", { n: 3 }),
    ];
    await api.client.update("vips", source, { ...small, spill: directory(folder()) });
    expect(oracle(sent(api))).toEqual(oracle(source));
    expect(sent(api)).toHaveLength(65);
  });

  it("is sent at the full rate, past slow answers, with no pause between windows", async () => {
    const api = stub(async (call) => {
      await api.time.sleep(3000);
      return accept(call);
    });
    const spill = createDirectory(folder(), instantFiles, instantDisk);
    await api.client.update("vips", adds(600), { ...small, spill });
    expect(api.calls).toHaveLength(60);
    expectPace(
      api.calls.map(({ at }) => at),
      1000,
    );
  });

  it("counts what is not read back yet as unsent, in each progress", async () => {
    const api = stub(accept, quick);
    const seen: UpdateProgress[] = [];
    const onProgress = (progress: UpdateProgress) => void seen.push(progress);
    await api.client.update("vips", repeating(500, 300), {
      ...small,
      spill: directory(folder()),
      onProgress,
    });
    for (const progress of seen) expectBalance(progress);
    // Once before anything is sent: what is on disk can be resumed from then on.
    expect(seen[0]).toMatchObject({ received: 500, accepted: 0, requests: 0 });
    expect(seen[0]!.checkpoint).toMatchObject({ records: 0, spilled: { partition: expect.any(Number) } });
  });

  it("waits once for what earlier calls have sent, and not for its own", async () => {
    const api = stub(accept, quick);
    await api.client.update("vips", adds(3));
    await api.client.update("vips", adds(100), { ...small, spill: directory(folder()) });
    expect(api.calls.map(({ route, token }) => token ?? route)).toEqual([
      "update",
      "t0",
      ...Array(10).fill("update"),
    ]);
  });

  it("is spilled for its owner only", async () => {
    const path = folder();
    const modes: number[] = [];
    const onProgress = () => {
      if (!existsSync(path)) return;
      modes.push(statSync(path).mode & 0o777);
      for (const name of readdirSync(path)) modes.push(statSync(join(path, name)).mode & 0o777);
    };
    await stub(accept, quick).client.update("vips", adds(30), {
      ...small,
      spill: directory(path),
      onProgress,
    });
    expect([...new Set(modes)]).toEqual([0o700, 0o600]);
  });

  it("can be replaced with: one replacement that is applied, then adds without a poll", async () => {
    const api = stub(accept, quick);
    const members = Array.from({ length: 95 }, (_, n) => ({ id: `${n % 90}` }));
    const report = await api.client.replace("vips", members, { ...small, spill: directory(folder()) });
    expect(report).toMatchObject({ received: 95, superseded: 5, accepted: 90, requests: 9, polls: 1 });
    expect(api.calls.slice(0, 3).map(({ route }) => route)).toEqual(["replace", "view", "update"]);
  });

  it("is counted by a dry run as a real one would send it", async () => {
    const api = stub();
    const path = folder();
    // Nobody resumes it, so it waits for no disk.
    const sync = () => Promise.reject(new Error("not in a dry run"));
    const options = { ...small, spill: createDirectory(path, { ...systemFiles, sync }), dryRun: true };
    const report = await api.client.update("vips", repeating(1003, 802), options);
    expect(report).toMatchObject({ requests: 81, accepted: 802, superseded: 201 });
    expect(api.calls).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });
});

describe("a source that fits one window", () => {
  it("never touches the disk", async () => {
    const path = folder();
    const seen: boolean[] = [];
    const onProgress = () => void seen.push(existsSync(path));
    const report = await stub(accept, quick).client.update("vips", [...adds(10), ...adds(10)], {
      ...small,
      spill: directory(path),
      onProgress,
    });
    expect(report).toMatchObject({ requests: 1, superseded: 10, checkpoint: { records: 20 } });
    expect(seen).toEqual([false]);
    expect(existsSync(path)).toBe(false);
  });

  it("hands back a list as without a spill", async () => {
    const api = stub(() => refusal(400));
    const updating = api.client.update("vips", adds(5), { ...small, spill: directory(folder()) });
    const error = await rejection(updating, UpdateError);
    expect(error.undelivered).not.toHaveProperty("directory");
    expect([...error.undelivered]).toEqual(adds(5));
  });
});
