import type { SnapshotStore } from "../mirror/snapshot-store.ts";

/** How a test runner declares a test: `it` or `test` of Vitest, Jest, Mocha and node:test fit. */
export type DeclareTest = (name: string, run: () => Promise<void>) => unknown;

type CreateStore = (before?: SnapshotStore) => SnapshotStore | Promise<SnapshotStore>;

/**
 * Declares the tests that each `SnapshotStore` has to pass. `createStore` makes a new, empty one; called with the store before, it
 * makes another one for the same place, as the next process does.
 */
export function snapshotStoreContract(declare: DeclareTest, createStore: CreateStore): void {
  for (const [name, test] of Object.entries(TESTS)) declare(name, () => test(createStore));
}

const TESTS: Readonly<Record<string, (createStore: CreateStore) => Promise<void>>> = {
  "a new store has no head": async (createStore) => {
    const store = await createStore();
    const { head, close } = await store.open();
    same(head, undefined, "the head");
    await close();
  },

  "the next process finds the head and the blobs of the last commit": async (createStore) => {
    const store = await createStore();
    const first = await store.open();
    await store.write("one", bytesOf("first blob"));
    await store.write("two", bytesOf("second"));
    same(await store.commit(undefined, "head 1", ["one", "two"]), true, "the commit");
    await first.close();
    const next = await createStore(store);
    const { head, close } = await next.open();
    same(head, "head 1", "the head");
    same(textOf(await next.read("one", 0, 10)), "first blob", "a whole blob");
    same(textOf(await next.read("one", 6, 10)), "blob", "a part of a blob");
    same(textOf(await next.read("two", 0, 6)), "second", "the other blob");
    await close();
  },

  "what was written can be read before the commit, and a second time it is replaced": async (createStore) => {
    const store = await createStore();
    const { close } = await store.open();
    const bytes = bytesOf("before");
    await store.write("one", bytes);
    bytes.fill(0);
    same(textOf(await store.read("one", 0, 6)), "before", "the blob, though its bytes were used again");
    await store.write("one", bytesOf("after!"));
    same(textOf(await store.read("one", 0, 6)), "after!", "the blob");
    await close();
  },

  "a commit over another head than the present one changes nothing": async (createStore) => {
    const store = await createStore();
    const first = await store.open();
    await store.write("one", bytesOf("1"));
    same(await store.commit("none", "head 0", ["one"]), false, "a commit over a head that never was");
    same(await store.commit(undefined, "head 1", ["one"]), true, "the first commit");
    same(await store.commit(undefined, "head 2", []), false, "a commit over no head");
    same(await store.commit("head 1", "head 2", ["one"]), true, "the next commit");
    same(textOf(await store.read("one", 0, 1)), "1", "a blob that each commit has named");
    await first.close();
    const { head, close } = await (await createStore(store)).open();
    same(head, "head 2", "the head");
    await close();
  },

  "a process that writes and does not commit changes nothing": async (createStore) => {
    const store = await createStore();
    const first = await store.open();
    await store.write("one", bytesOf("1"));
    await store.commit(undefined, "head 1", ["one"]);
    await first.close();
    const second = await createStore(store);
    const opened = await second.open();
    await second.write("two", bytesOf("2"));
    await opened.close();
    const third = await createStore(second);
    const { head, close } = await third.open();
    same(head, "head 1", "the head");
    same(textOf(await third.read("one", 0, 1)), "1", "the blob");
    await close();
  },

  "one run at a time has the state": async (createStore) => {
    const store = await createStore();
    const { close } = await store.open();
    const other = await createStore(store);
    const refused = await other.open().then(
      () => false,
      () => true,
    );
    same(refused, true, "the second open");
    await close();
    await (await other.open()).close();
  },
};

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function same(actual: unknown, expected: unknown, what: string): void {
  if (actual === expected) return;
  throw new Error(`Expected ${what} to be ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}
