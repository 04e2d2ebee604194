import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PartitionRecord } from "../../src/node/block.ts";
import { DirectoryError } from "../../src/node/directory-error.ts";
import { systemFiles } from "../../src/node/files.ts";
import { PartitionFile } from "../../src/node/partition-file.ts";
import { PARTITIONS } from "../../src/node/partitions.ts";
import { smallDisk, systemError } from "../support/failing-files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const record = (number: number, text: string): PartitionRecord => ({
  number,
  text,
  bytes: Buffer.byteLength(text),
});

async function readAll(file: PartitionFile, partition: number): Promise<PartitionRecord[]> {
  const found: PartitionRecord[] = [];
  for await (const records of file.read(partition)) found.push(...records);
  return found;
}

/** Some partitions with records of which some fill a block alone. */
const contents = fc.array(
  fc.record({
    partition: fc.constantFrom(0, 1, 500, PARTITIONS - 1),
    step: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 2 ** 40 })),
    text: fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc
        .tuple(
          fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }),
          fc.integer({ min: 1, max: 20_000 }),
        )
        .map(([text, times]) => text.repeat(times)),
    ),
  }),
  { maxLength: 60, size: "max" },
);

describe("a file of partitions", () => {
  it("gives back the records of each partition in order: at once, once sealed, and opened again", async () => {
    const folder = temporaryFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(contents, async (given) => {
        const path = join(folder, `${run++}`);
        const file = PartitionFile.create(path);
        const expected = new Map<number, PartitionRecord[]>();
        let number = 0;
        for (const { partition, step, text } of given) {
          number += step;
          file.append(partition, record(number, text));
          expected.set(partition, [...(expected.get(partition) ?? []), record(number, text)]);
        }
        const all = (first: number) =>
          [...expected.keys()]
            .filter((partition) => partition >= first)
            .sort((one, other) => one - other)
            .flatMap((partition) => expected.get(partition)!);
        for (const first of [0, 1, 400]) expect([...file.readNow(first)]).toEqual(all(first));
        file.seal();
        const opened = await PartitionFile.open(path, JSON.parse(JSON.stringify(file.totals)));
        for (const partition of [0, 1, 2, 500, PARTITIONS - 1]) {
          expect(await readAll(file, partition)).toEqual(expected.get(partition) ?? []);
          expect(await readAll(opened, partition)).toEqual(expected.get(partition) ?? []);
          expect(opened.recordsIn(partition)).toBe(expected.get(partition)?.length ?? 0);
        }
        expect(opened.totals).toEqual(file.totals);
        file.close();
        opened.close();
      }),
      { numRuns: 20 },
    );
  });

  it("takes little more than the texts, and is for its owner only", async () => {
    const path = join(temporaryFolder(), "file");
    const file = PartitionFile.create(path);
    const text = JSON.stringify({ action: "add", id: "customer-000000001" });
    for (let number = 0; number < 200_000; number++) file.append(number % 16, record(number, text));
    file.seal();
    file.close();
    const { size, mode } = statSync(path);
    expect(size).toBe(file.totals.bytes);
    expect(size / (200_000 * text.length)).toBeLessThan(1.06);
    expect(mode & 0o777).toBe(0o600);
  });

  it("reads a partition of many blocks in order", async () => {
    const file = PartitionFile.create(join(temporaryFolder(), "file"));
    const given = Array.from({ length: 500 }, (_, number) => record(number, "x".repeat(2000)));
    for (const each of given) file.append(7, each);
    file.seal();
    expect(await readAll(file, 7)).toEqual(given);
    file.close();
  });

  it("overwrites no file", () => {
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "not ours");
    expect(() => PartitionFile.create(path)).toThrow(DirectoryError);
    expect(readFileSync(path, "utf8")).toBe("not ours");
  });
});

describe("a file of partitions that is damaged", () => {
  async function sealed() {
    const path = join(temporaryFolder(), "file");
    const file = PartitionFile.create(path);
    for (let number = 0; number < 3000; number++) file.append(number % 3, record(number, "x".repeat(40)));
    file.seal();
    file.close();
    return { path, totals: file.totals };
  }

  async function read({ path, totals }: Awaited<ReturnType<typeof sealed>>): Promise<number> {
    const file = await PartitionFile.open(path, totals);
    try {
      let records = 0;
      for (const partition of [0, 1, 2]) records += (await readAll(file, partition)).length;
      expect([...file.readNow(0)]).toHaveLength(records);
      return records;
    } finally {
      file.close();
    }
  }

  it("is found wherever a bit is flipped", async () => {
    const whole = await sealed();
    const bytes = readFileSync(whole.path);
    expect(await read(whole)).toBe(3000);
    for (let at = 0; at < bytes.length; at = at < 40 ? at + 1 : at + 977) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 8);
      writeFileSync(whole.path, flipped);
      await expect(read(whole), `byte ${at}`).rejects.toThrow(/is damaged/);
    }
  });

  it("is found wherever it is cut off", async () => {
    const whole = await sealed();
    for (const length of [whole.totals.bytes - 1, 40_000, 28, 10, 0]) {
      truncateSync(whole.path, length);
      await expect(read(whole), `${length} bytes`).rejects.toThrow(DirectoryError);
    }
  });

  it("is found if it is the file of other totals", async () => {
    const { path, totals } = await sealed();
    const records = [...totals.records];
    [records[0], records[5]] = [records[5]!, records[0]!];
    await expect(PartitionFile.open(path, { ...totals, records })).rejects.toThrow(/is damaged/);
    await expect(PartitionFile.open(path, { ...totals, bytes: totals.bytes + 1 })).rejects.toThrow(
      /is damaged/,
    );
  });
});

describe("a disk that fails", () => {
  it("loses no record that was appended", async () => {
    const path = join(temporaryFolder(), "file");
    const file = PartitionFile.create(path, smallDisk(100_000));
    const given: PartitionRecord[] = [];
    const appendAll = () => {
      for (let number = 0; ; number++) {
        given.push(record(number, `text ${number}`));
        file.append(number % 2, given.at(-1)!);
      }
    };
    expect(appendAll).toThrow(/cannot be written: the disk is full \(ENOSPC\)/);
    const found = [...(await readAll(file, 0)), ...(await readAll(file, 1))];
    expect(found.sort((one, other) => one.number - other.number)).toEqual(given);
    expect(() => file.seal()).toThrow(/the disk is full/);
    file.close();
  });

  it("is reported when it cannot sync or read", async () => {
    const path = join(temporaryFolder(), "file");
    const fail = () => Promise.reject(systemError("EIO"));
    const file = PartitionFile.create(path, { ...systemFiles, sync: fail, read: fail });
    file.append(7, record(1, "x".repeat(40_000)));
    file.seal();
    await expect(file.sync()).rejects.toThrow(/cannot be written: the disk fails \(EIO\)/);
    await expect(readAll(file, 7)).rejects.toThrow(/cannot be read: the disk fails \(EIO\)/);
    file.close();
  });
});
