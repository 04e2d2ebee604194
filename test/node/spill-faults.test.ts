import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { createDirectory, directory } from "../../src/node/directory.ts";
import { DirectoryError } from "../../src/node/directory-error.ts";
import { type Files, systemFiles } from "../../src/node/files.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { smallDisk, systemError } from "../support/failing-files.ts";
import { accept, adds, expectBalance, refusal, rejection, type Stub, stub } from "../support/scripted-api.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const quick = { requestsPerSecond: Number.POSITIVE_INFINITY, maxInFlight: 1 };
const small = { window: 10, maxIdsPerRequest: 10 };
const folder = () => join(temporaryFolder(), "spill");
const idsOf = (actions: Iterable<{ id: string }>) =>
  Array.from(actions, ({ id }) => Number(id)).sort((one, other) => one - other);
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

function fail(code: string): () => never {
  return () => {
    throw systemError(code);
  };
}

describe("before anything is sent, a run ends if its directory", () => {
  it.each<[string, Partial<Files>, received: number, RegExp]>([
    ["cannot be written", { open: fail("EROFS") }, 11, /cannot be written: the disk is read-only \(EROFS\)/],
    ["becomes full", smallDisk(5000), 300, /spill-\w+\.data: cannot be written: the disk is full \(ENOSPC\)/],
    [
      "cannot be synced",
      { sync: async () => fail("EIO")() },
      300,
      /cannot be written: the disk fails \(EIO\)/,
    ],
    ["cannot be read", { read: async () => fail("EIO")() }, 300, /cannot be read: the disk fails \(EIO\)/],
  ])("%s, and everything that was read is handed back (G6)", async (_, faults, received, message) => {
    const api = stub(accept, quick);
    const spill = createDirectory(folder(), { ...systemFiles, ...faults });
    const error = await rejection(api.client.update("vips", adds(300), { ...small, spill }), UpdateError);
    expect(error.cause).toBeInstanceOf(DirectoryError);
    expect(error.message).toMatch(message);
    expect(api.calls).toEqual([]);
    expectBalance(error.report);
    expect(error.report.received).toBe(received);
    expect(idsOf(error.undelivered)).toEqual(numbers(received));
  });

  it("becomes full while long actions are read, and the one that did not fit is handed back too", async () => {
    const api = stub(accept, quick);
    const long = Array.from({ length: 300 }, (_, n) => ({
      ...adds(1, n)[0]!,
      attributes: { text: "x".repeat(9000) },
    }));
    const spill = createDirectory(folder(), smallDisk(1_000_000));
    const error = await rejection(api.client.update("vips", long, { ...small, spill }), UpdateError);
    expect(error.report.received).toBeGreaterThan(100);
    expect(idsOf(error.undelivered)).toEqual(numbers(error.report.received));
    expect(api.calls).toEqual([]);
  });
});

describe("before the source is read, a run is refused a directory that", () => {
  const refused = async (path: string): Promise<string> => {
    let read = 0;
    function* source() {
      for (const action of adds(300)) {
        read++;
        yield action;
      }
    }
    const api = stub(accept, quick);
    const updating = api.client.update("vips", source(), { ...small, spill: directory(path) });
    const { message } = await rejection(updating, ConfigurationError);
    expect([read, api.calls.length]).toEqual([0, 0]);
    return message;
  };

  it("another run uses (G6)", async () => {
    const path = folder();
    let message = "";
    const onProgress = async () => {
      if (message === "") message = await refused(path);
    };
    await stub(accept, quick).client.update("vips", adds(300), {
      ...small,
      spill: directory(path),
      onProgress,
    });
    expect(message).toContain("Expected `spill` to be a directory that no other run uses");
    expect(existsSync(path)).toBe(false);
  });

  it("is a file", async () => {
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "");
    expect(await refused(path)).toContain(`got the file ${path}`);
  });

  it("says nothing that can be understood", async () => {
    const path = folder();
    mkdirSync(path);
    writeFileSync(join(path, "spill.json"), "{");
    const updating = stub(accept, quick).client.update("vips", adds(30), {
      ...small,
      spill: directory(path),
    });
    expect(String(await rejection(updating, UpdateError))).toMatch(
      /spill\.json: is damaged, or of another version/,
    );
  });

  it("is no path", () => {
    expect(() => directory("")).toThrow(ConfigurationError);
    expect(() => directory(7 as unknown as string)).toThrow(
      "Expected `path` to be the path of a directory, got number",
    );
  });
});

describe("a directory that is damaged", () => {
  /** Where a run was refused, after so many requests. */
  async function interrupted(requests: number) {
    const path = folder();
    const api = stub((call) => (call.before < requests ? accept(call) : refusal(401)), quick);
    const updating = api.client.update("vips", adds(3000), { ...small, spill: directory(path) });
    const { report } = await rejection(updating, UpdateError);
    const file = join(path, readdirSync(path).find((name) => name.endsWith(".data"))!);
    return { path, file, checkpoint: report.checkpoint };
  }

  const resume = (api: Stub, { path, checkpoint }: Awaited<ReturnType<typeof interrupted>>) => {
    const options = { ...small, spill: directory(path), resumeFrom: checkpoint };
    return rejection(api.client.update("vips", [], options), UpdateError);
  };

  it("sends nothing of a partition that has changed, nor of those after it (G6)", async () => {
    const left = await interrupted(20);
    const bytes = readFileSync(left.file);
    const seen = new Set<number>();
    for (const at of [0.3, 0.5, 0.7, 0.9]) {
      const damaged = Buffer.from(bytes);
      damaged[Math.floor(at * bytes.length)]! ^= 4;
      writeFileSync(left.file, damaged);
      const api = stub(accept, quick);
      const error = await resume(api, left);
      expect(error.message).toMatch(/spill-\w+\.data: is damaged/);
      expectBalance(error.report);
      const sent = api.updates.flatMap(({ actions }) => actions);
      for (const action of sent) expect(action).toEqual(adds(1, Number(action.id))[0]);
      expect(sent.length % 10).toBe(0);
      seen.add(sent.length);
    }
    // Some came to where the damage is.
    expect(Math.max(...seen)).toBeGreaterThan(0);
    writeFileSync(left.file, bytes);
  });

  it("sends nothing at all if it is cut off", async () => {
    const left = await interrupted(20);
    truncateSync(left.file, 1000);
    const api = stub(accept, quick);
    const error = await resume(api, left);
    expect(error.message).toContain("is damaged");
    expect(api.calls).toEqual([]);
  });
});
