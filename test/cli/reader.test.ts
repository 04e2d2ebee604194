import { afterAll, beforeAll, expect, test } from "vitest";
import { findInputs } from "../../src/cli/input.ts";
import { Reader } from "../../src/cli/reader.ts";
import { createFolder, type Folder } from "./program.ts";

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
  folder.write("first.csv", "id,action\n1,add\n2,add\n");
  folder.write("second.ndjson", '\n{"action":"remove","id":"3"}\n{"action":"add","id":"4"}\n');
});
afterAll(() => folder.remove());

async function createReader(): Promise<Reader> {
  const files = ["first.csv", "second.ndjson"].map((name) => ({ path: folder.file(name) }));
  return new Reader(await findInputs(files, {}), "id", undefined);
}

test("it knows where the record that is being checked came from, until the next one is asked for", async () => {
  const reader = await createReader();
  const actions = reader.actions[Symbol.asyncIterator]();
  const seen: unknown[] = [];
  for (let next = await actions.next(); !next.done; next = await actions.next()) {
    const { index, row, input } = reader.current!;
    seen.push([next.value.id, index, row.line, input.name.slice(folder.path.length + 1)]);
  }
  expect(seen).toEqual([
    ["1", 0, 2, "first.csv"],
    ["2", 1, 3, "first.csv"],
    ["3", 2, 2, "second.ndjson"],
    ["4", 3, 3, "second.ndjson"],
  ]);
  expect(reader.current).toBeUndefined();
  expect(reader.bytesRead).toBe(reader.size);
});

test("a record that was asked for and not taken any more is the first of the rest", async () => {
  const reader = await createReader();
  const actions = reader.actions[Symbol.asyncIterator]();
  await actions.next();
  // The library asks for it, and is stopped before it comes.
  void actions.next();
  const rest: number[] = [];
  for await (const { index } of reader.rest(1)) rest.push(index);
  expect(rest).toEqual([1, 2, 3]);
});
