import { blobsOf, type Manifest, type PartsOf, readManifest, writeManifest } from "./manifest.ts";
import { MirrorStateError } from "./mirror-errors.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/** The head of a store while a run has it. */
export class State {
  readonly #store: SnapshotStore;
  #head: string | undefined;
  /** Missing before the first commit. */
  readonly before: Manifest | undefined;

  constructor(store: SnapshotStore, head: string | undefined) {
    this.#store = store;
    this.#head = head;
    this.before = head === undefined ? undefined : readManifest(head);
  }

  /** `more`: parts that a later commit will name. */
  async commit(manifest: Manifest, more?: PartsOf): Promise<void> {
    const next = writeManifest(manifest);
    if (!(await this.#store.commit(this.#head, next, blobsOf(manifest, more)))) {
      throw new MirrorStateError(
        "Another run has changed the state meanwhile. Let one run end before the next one begins, then run again",
      );
    }
    this.#head = next;
  }
}
