// What a disk, a folder or another run does to a state: each ends right, or with a clear error and the old state whole.

import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import fs from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { MirrorGuardError, MirrorStateError, mirror } from "../../src/mirror/index.ts";
import { DirectoryError } from "../../src/node/index.ts";
import { SnapshotDirectory } from "../../src/node/snapshot-directory.ts";
import { rejection } from "../support/expectations.ts";
import { systemError } from "../support/failing-files.ts";
import { manyMembers, members, mirrored } from "../support/mirrored.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const CALLS = ["writeFile", "open", "rename"] as const;

/** A disk on which the call number `failing` that writes fails, and all after it. */
function failingDisk(failing: number) {
  let calls = 0;
  const counted =
    (name: (typeof CALLS)[number]) =>
    async (...args: unknown[]) => {
      const isRead = name === "open" && args[1] === "r";
      if (!isRead && calls++ >= failing) throw systemError("ENOSPC");
      return (fs[name] as (...args: unknown[]) => Promise<unknown>)(...args);
    };
  const disk = { ...fs, ...Object.fromEntries(CALLS.map((name) => [name, counted(name)])) } as typeof fs;
  return { disk, writes: () => calls };
}

it("a disk that is full at any step of a run costs nothing but the run (G16)", async () => {
  const [before, next] = [members("a", "b"), members("b", "c")];
  let steps = 0;
  for (let failing = 0; ; failing++) {
    const folder = temporaryFolder();
    const { disk, writes } = failingDisk(failing);
    const audience = mirrored();
    await audience.run(before, { state: new SnapshotDirectory(folder) });
    const ended = audience.run(next, { state: new SnapshotDirectory(folder, disk) });
    if (
      await ended.then(
        () => true,
        () => false,
      )
    ) {
      steps = writes();
      break;
    }
    await expect(ended).rejects.toThrow(DirectoryError);
    await expect(ended).rejects.toThrow("the disk is full (ENOSPC)");
    // The next run, with a newer list.
    const report = await audience.run(members("a", "d"), { state: new SnapshotDirectory(folder) });
    expect(report).toMatchObject({ expectedIds: 2, actualIds: 2 });
    expect(await audience.content()).toEqual({ a: {}, d: {} });
  }
  // Blobs, plan, snapshot and tokens: each was a step.
  expect(steps).toBeGreaterThan(8);
});

describe("a state that is not as it was written", () => {
  async function damaged(change: (folder: string) => void) {
    const folder = temporaryFolder();
    const audience = mirrored();
    await audience.run(manyMembers(50), { state: new SnapshotDirectory(folder) });
    const requests = audience.sent().length;
    change(folder);
    const error = await rejection(
      audience.run(manyMembers(51), { state: new SnapshotDirectory(folder) }),
      MirrorStateError,
    );
    expect(error.code).toBe("MIRROR_STATE");
    expect(audience.sent()).toHaveLength(requests);
    // It says how to go on, and that works.
    expect(error.message).toContain('start over with an empty state and `baseline: "replace"`');
    const empty = new SnapshotDirectory(join(folder, "new"));
    await audience.run(manyMembers(51), { state: empty, baseline: "replace" });
    expect(Object.keys(await audience.content())).toHaveLength(51);
    return error.message;
  }

  const head = (folder: string) => join(folder, "head");
  const blob = (folder: string) => join(folder, readdirSync(folder).find((name) => name.endsWith(".blob"))!);

  it.each<[string, (folder: string) => void, string]>([
    [
      "a head of another format",
      (folder) =>
        writeFileSync(head(folder), readFileSync(head(folder), "utf8").replace("mirror 1", "mirror 2")),
      "format 2",
    ],
    [
      "a head that was changed",
      (folder) =>
        writeFileSync(
          head(folder),
          readFileSync(head(folder), "utf8").replace('"members":50', '"members":51'),
        ),
      "head of the state is damaged",
    ],
    ["an empty head", (folder) => writeFileSync(head(folder), ""), "head of the state is damaged"],
    ["a blob that was cut", (folder) => truncateSync(blob(folder), 100), "is damaged"],
    [
      "a blob that was changed",
      (folder) => {
        const bytes = readFileSync(blob(folder));
        bytes[40]! ^= 1;
        writeFileSync(blob(folder), bytes);
      },
      "is damaged",
    ],
  ])("%s is an error, and nothing is sent", async (_, change, text) => {
    expect(await damaged(change)).toContain(text);
  });
});

describe("two runs at once", () => {
  it("on one folder: the second is refused, and the first is as alone (G19)", async () => {
    const folder = temporaryFolder();
    const { run, content } = mirrored();
    const first = run(members("a"), { state: new SnapshotDirectory(folder) });
    const second = run(members("b"), { state: new SnapshotDirectory(folder) });
    const error = await rejection(second, ConfigurationError);
    expect(error.option).toBe("state");
    await first;
    expect(await content()).toEqual({ a: {} });
    expect(readdirSync(folder)).not.toContain("lock");
  });

  it("on a store that lets both in: only one of them sends (G19)", async () => {
    const { run, state, sent } = mirrored();
    await run(members("a"));
    const open = { ...state, open: async () => ({ ...(await opened), close: async () => {} }) };
    const opened = state.open();
    const before = sent().length;
    const ended = await Promise.allSettled([
      run(members("a", "b"), { state: open }),
      run(members("a", "c"), { state: open }),
    ]);
    const reasons = ended.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toBeInstanceOf(MirrorStateError);
    expect(reasons[0].message).toContain("Another run has changed the state meanwhile");
    expect(sent()).toHaveLength(before + 1);
  });
});

it("the folder of another project is refused", async () => {
  const [folder, copy] = [temporaryFolder(), temporaryFolder()];
  const { run, client, sent } = mirrored();
  await run(members("a"), { state: new SnapshotDirectory(folder) });
  cpSync(folder, copy, { recursive: true });
  const ended = mirror(client({ projectKey: "other" }), "vips", members("a"), {
    state: new SnapshotDirectory(copy),
  });
  expect(await rejection(ended, MirrorGuardError)).toMatchObject({ kind: "identity" });
  expect(sent()).toHaveLength(1);
});
