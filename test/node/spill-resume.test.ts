import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { createDirectory, directory } from "../../src/node/directory.ts";
import { type Files, systemFiles } from "../../src/node/files.ts";
import type { Checkpoint } from "../../src/update/report.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { addWith } from "../support/actions.ts";
import { oracle } from "../support/oracle.ts";
import {
  accept,
  adds,
  expectBalance,
  inProgress,
  refusal,
  rejection,
  remove,
  stub,
} from "../support/scripted-api.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const quick = { requestsPerSecond: Number.POSITIVE_INFINITY, maxInFlight: 1 };
const small = { window: 10, maxIdsPerRequest: 10 };
const source = [
  ...adds(500),
  ...adds(200).map(({ id }) => remove(id)),
  ...adds(300, 400).map(({ id }) => addWith(id, { n: 1 })),
];

/** A run that ended after so many requests: what it has sent, and what is left in its directory. */
async function interrupted(requests: number, audience = "vips") {
  const path = join(temporaryFolder(), "spill");
  const api = stub((call) => (call.before < requests ? accept(call) : refusal(401)), quick);
  const error = await rejection(
    api.client.update(audience, source, { ...small, spill: directory(path) }),
    UpdateError,
  );
  const checkpoint = JSON.parse(JSON.stringify(error.report.checkpoint)) as Checkpoint;
  const accepted = api.updates.slice(0, requests).flatMap(({ actions }) => actions);
  return { path, checkpoint, accepted };
}

/** It must be left alone. */
const untouched = {
  [Symbol.iterator]() {
    throw new Error("the source was opened");
  },
};

describe("a run that resumes from its directory", () => {
  it.each([0, 1, 7, 30, 69])(
    "after %i requests sends the rest, without its source (G6)",
    async (requests) => {
      const { path, checkpoint, accepted } = await interrupted(requests);
      const api = stub(accept, quick);
      const options = { ...small, spill: directory(path), resumeFrom: checkpoint };
      const report = await api.client.update("vips", untouched, options);
      expectBalance(report);
      const sent = api.updates.flatMap(({ actions }) => actions);
      expect(oracle([...accepted, ...sent])).toEqual(oracle(source));
      expect(report.accepted).toBe(sent.length);
      expect(sent).toHaveLength(700 - accepted.length);
      expect(report.checkpoint).toEqual({ records: source.length });
      expect(existsSync(path)).toBe(false);
    },
  );

  it("may be cut off again, and again", async () => {
    let { path, checkpoint, accepted } = await interrupted(5);
    for (let run = 0; run < 6; run++) {
      const api = stub((call) => (call.before < 9 ? accept(call) : refusal(401)), quick);
      const options = { ...small, spill: directory(path), resumeFrom: checkpoint };
      const { report, undelivered } = await rejection(
        api.client.update("vips", untouched, options),
        UpdateError,
      );
      expectBalance(report);
      expect(undelivered.length).toBe(report.failed + report.unsent);
      accepted = [...accepted, ...api.updates.slice(0, 9).flatMap(({ actions }) => actions)];
      expect(oracle([...accepted, ...undelivered])).toEqual(oracle(source));
      checkpoint = report.checkpoint;
    }
    expect(accepted).toHaveLength(590);
  });

  it("that is aborted while it opens its directory leaves the directory and the checkpoint as they were", async () => {
    const { path, checkpoint } = await interrupted(7);
    const before = readdirSync(path);
    const abort = new AbortController();
    const files: Files = {
      ...systemFiles,
      read(...block) {
        abort.abort(new Error("stop"));
        return systemFiles.read(...block);
      },
    };
    const options = { ...small, resumeFrom: checkpoint, signal: abort.signal };
    const { report } = await rejection(
      stub().client.update("vips", untouched, { ...options, spill: createDirectory(path, files) }),
      UpdateError,
    );
    expect(report.checkpoint).toEqual(checkpoint);
    expect(readdirSync(path)).toEqual(before);
  });

  it("that was cut off while it waited for the end waits on for the same requests", async () => {
    const options = { ...small, spill: directory(join(temporaryFolder(), "spill")), wait: true };
    const first = stub((call) => (call.route === "view" ? inProgress() : accept(call)), quick);
    const { report } = await rejection(
      first.client.update("vips", adds(50), { ...options, indexingTimeoutMs: 1000 }),
      UpdateError,
    );
    expect(report.checkpoint.indexingTokens).toEqual(report.indexingTokens);
    const second = stub(accept, quick);
    await second.client.update("vips", adds(50), { ...options, resumeFrom: report.checkpoint });
    expect(second.views.map(({ token }) => token)).toEqual([...report.indexingTokens, undefined]);
    expect(second.updates).toEqual([]);
  });

  it("hands back what was refused before, unless it sends it again", async () => {
    const { path, checkpoint } = await interrupted(7);
    const last = [...oracle(source).keys()].at(-1)!;
    const refused = [remove("gone before"), remove(last)];
    const api = stub(accept, quick);
    const options = { ...small, spill: directory(path), resumeFrom: { ...checkpoint, refused } };
    const { report, undelivered } = await rejection(api.client.update("vips", [], options), UpdateError);
    expectBalance(report);
    expect([...undelivered].map(({ id }) => id)).toContain("gone before");
    expect(report.unsent).toBe(0);
  });
});

describe("a checkpoint with spilled actions", () => {
  it("without a spill reads the source from where the run began", async () => {
    const { checkpoint } = await interrupted(7);
    const api = stub(accept, quick);
    await api.client.update("vips", source, { resumeFrom: checkpoint });
    expect(oracle(api.updates.flatMap(({ actions }) => actions))).toEqual(oracle(source));
  });

  it.each<[string, (path: string) => string]>([
    ["that is not there", (path) => `${path}-elsewhere`],
    ["of a later run", (path) => path],
  ])("is refused with a directory %s", async (_, elsewhere) => {
    const { path, checkpoint } = await interrupted(7);
    const api = stub(accept, quick);
    const resumeFrom = { ...checkpoint, spilled: { ...checkpoint.spilled!, id: "0123456789abcdef" } };
    const options = { ...small, spill: directory(elsewhere(path)), resumeFrom };
    const error = await rejection(api.client.update("vips", untouched, options), ConfigurationError);
    expect(error.message).toContain(
      "which has none of them; to read the source again, remove `spilled` from the checkpoint",
    );
    expect(api.calls).toEqual([]);
    expect(readdirSync(path)).toHaveLength(2);
  });

  it.each<[string, (manifest: Record<string, unknown>) => void]>([
    ["no count of its records", (manifest) => delete manifest.records],
    ["another count", (manifest) => (manifest.records = 1)],
    ["no owner", (manifest) => delete manifest.owner],
  ])("is refused with a directory whose manifest has %s, and nothing is lost", async (_, change) => {
    const { path, checkpoint } = await interrupted(7);
    const manifest = JSON.parse(readFileSync(join(path, "spill.json"), "utf8"));
    change(manifest);
    writeFileSync(join(path, "spill.json"), JSON.stringify(manifest));
    const api = stub(accept, quick);
    const options = { ...small, spill: directory(path), resumeFrom: checkpoint };
    const error = await rejection(api.client.update("vips", untouched, options), UpdateError);
    expect(error.message).toContain("spill.json: is damaged, or of another version");
    expect(api.calls).toEqual([]);
    expect(readdirSync(path)).toHaveLength(2);
  });

  it.each([
    { spilled: 7 },
    { spilled: { id: "x", partition: -1, record: 0 } },
    { spilled: { id: "x", partition: 0 } },
    { spilled: null },
  ])("is refused if it is malformed: %j", async (wrong) => {
    const resumeFrom = { records: 0, ...wrong } as unknown as Checkpoint;
    await expect(stub().client.update("vips", [], { resumeFrom })).rejects.toThrow("a checkpoint");
  });
});

describe("the directory of an interrupted run", () => {
  it("is refused to a run for another audience or project, and to a dry run", async () => {
    const { path } = await interrupted(7);
    const before = readdirSync(path);
    const options = { ...small, spill: directory(path) };
    const other = stub(accept, { ...quick, projectKey: "another" });
    const audience = await rejection(stub().client.update("others", source, options), ConfigurationError);
    expect(audience.message).toMatch(
      /to be a directory for others at .*, got .*spill, with actions for vips at/,
    );
    await rejection(other.client.update("vips", source, options), ConfigurationError);
    const dryRun = await rejection(
      stub().client.update("vips", source, { ...options, dryRun: true }),
      ConfigurationError,
    );
    expect(dryRun.message).toContain("with actions that are not sent yet");
    expect(readdirSync(path)).toEqual(before);
  });

  it("is cleared by a run for the same audience that begins again", async () => {
    const { path } = await interrupted(7);
    const api = stub(accept, quick);
    await api.client.update("vips", source, { ...small, spill: directory(path) });
    expect(oracle(api.updates.flatMap(({ actions }) => actions))).toEqual(oracle(source));
    expect(existsSync(path)).toBe(false);
  });

  it("is cleared by a run that needs no directory", async () => {
    const { path } = await interrupted(7);
    writeFileSync(join(path, "notes.txt"), "not ours");
    await stub(accept, quick).client.update("vips", adds(3), { ...small, spill: directory(path) });
    expect(readdirSync(path)).toEqual(["notes.txt"]);
  });
});
