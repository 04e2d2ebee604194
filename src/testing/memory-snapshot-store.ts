import type { SnapshotStore } from "../mirror/snapshot-store.ts";

/** The state of a mirror in memory: for tests, and an example of a store. */
export function memorySnapshotStore(): SnapshotStore {
  const blobs = new Map<string, Uint8Array>();
  let head: string | undefined;
  let isOpen = false;
  return {
    async open() {
      if (isOpen) throw new Error("another run has this state");
      isOpen = true;
      const close = async () => {
        isOpen = false;
      };
      return { head, close };
    },

    async read(name, from, to) {
      const blob = blobs.get(name);
      if (blob === undefined) throw new Error(`no blob ${name}`);
      return blob.slice(from, to);
    },

    async write(name, bytes) {
      blobs.set(name, bytes.slice());
    },

    async commit(previous, next, names) {
      if (head !== previous) return false;
      head = next;
      for (const name of blobs.keys()) if (!names.includes(name)) blobs.delete(name);
      return true;
    },
  };
}
