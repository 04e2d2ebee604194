/**
 * Where the state of a mirror is: a head, which is a text of some kilobytes, and blobs that it names. A folder is one
 * (`directory` of batch-audiences/node); an object store or a table of a database can be another. `snapshotStoreContract` of
 * batch-audiences/testing tests one.
 */
export interface SnapshotStore {
  /** Takes the state for one run. Rejects while another run has it. */
  open(): Promise<OpenedState>;
  /** The bytes of a blob from `from` up to, not including, `to`. */
  read(blob: string, from: number, to: number): Promise<Uint8Array>;
  /**
   * Writes a blob, over one of that name if there is one. It need not be durable before `commit`. The bytes are the store's until the
   * promise resolves, and not afterwards.
   */
  write(blob: string, bytes: Uint8Array): Promise<void>;
  /**
   * Makes `next` the head if it still is `previous`, and resolves to false if it is not. Once it resolves, the head and the blobs in
   * `blobs` are durable: whatever happens, `open` finds this head or, before, the former one, whole. All other blobs may be deleted.
   */
  commit(previous: string | undefined, next: string, blobs: readonly string[]): Promise<boolean>;
}

export interface OpenedState {
  /** What was committed last; missing before the first commit. */
  head: string | undefined;
  /** Gives the state to the next run. Blobs that no commit has named may be deleted. */
  close(): Promise<void>;
}
