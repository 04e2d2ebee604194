import fs from "node:fs/promises";
import { join } from "node:path";
import type { OpenedState, SnapshotStore } from "../mirror/index.ts";
import { codeOf, toDirectoryError } from "./directory-error.ts";
import { type Disk, syncFolder, writeDurably } from "./durable-file.ts";
import { OWNER_ONLY } from "./files.ts";
import { FolderLock } from "./folder-lock.ts";

const HEAD = "head";
const BLOB = ".blob";
const TEMPORARY = ".tmp";
const OWNER_ONLY_FOLDER = 0o700;

/** The state of a mirror in a folder: a file for the head, and one for each blob. */
export class SnapshotDirectory implements SnapshotStore {
  readonly #path: string;
  readonly #disk: Disk;
  /** Blobs that were written and are not known to be on the disk. */
  readonly #unsynced = new Set<string>();
  readonly #opened = new Map<string, fs.FileHandle>();
  /** Those that the last commit has named. Missing before the first one of this run. */
  #committed: readonly string[] | undefined;

  constructor(path: string, disk: Disk = fs) {
    this.#path = path;
    this.#disk = disk;
  }

  async open(): Promise<OpenedState> {
    const created = await this.#attempt(this.#path, "cannot be created", () =>
      this.#disk.mkdir(this.#path, { recursive: true, mode: OWNER_ONLY_FOLDER }),
    );
    const lock = new FolderLock(this.#path, "state");
    try {
      const head = await this.#readHead();
      return { head, close: () => this.#close(lock, created !== undefined && head === undefined) };
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  read(blob: string, from: number, to: number): Promise<Uint8Array> {
    const path = this.#pathOf(blob);
    return this.#attempt(path, "cannot be read", async () => {
      const file = this.#opened.get(blob) ?? (await this.#disk.open(path, "r"));
      this.#opened.set(blob, file);
      const bytes = new Uint8Array(to - from);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
      return bytes.subarray(0, bytesRead);
    });
  }

  write(blob: string, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(blob);
    this.#unsynced.add(blob);
    return this.#attempt(path, "cannot be written", () =>
      this.#disk.writeFile(path, bytes, { mode: OWNER_ONLY }),
    );
  }

  async commit(previous: string | undefined, next: string, blobs: readonly string[]): Promise<boolean> {
    if ((await this.#readHead()) !== previous) return false;
    await this.#attempt(this.#path, "cannot be written", async () => {
      for (const blob of blobs) if (this.#unsynced.has(blob)) await this.#sync(blob);
      // What the head names is there before the head.
      await syncFolder(this.#path, this.#disk);
      await writeDurably(join(this.#path, HEAD), next, this.#disk);
    });
    this.#committed = blobs;
    await this.#removeOthers(blobs);
    return true;
  }

  async #readHead(): Promise<string | undefined> {
    const path = join(this.#path, HEAD);
    return this.#attempt(path, "cannot be read", () =>
      this.#disk.readFile(path, "utf8").catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") return undefined;
        throw error;
      }),
    );
  }

  async #sync(blob: string): Promise<void> {
    const file = await this.#disk.open(this.#pathOf(blob), "r+");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    this.#unsynced.delete(blob);
  }

  /** The state is whole without them, so it does not matter whether this works. */
  async #removeOthers(blobs: readonly string[]): Promise<void> {
    const named = new Set(blobs.map((blob) => blob + BLOB));
    const names = await this.#disk.readdir(this.#path).catch(() => []);
    for (const name of names) {
      const isOurs = name.endsWith(BLOB) || (name.startsWith(HEAD) && name.endsWith(TEMPORARY));
      if (isOurs && !named.has(name)) await this.#remove(name);
    }
  }

  async #remove(name: string): Promise<void> {
    const blob = name.slice(0, -BLOB.length);
    this.#unsynced.delete(blob);
    await this.#opened.get(blob)?.close();
    this.#opened.delete(blob);
    await this.#disk.rm(join(this.#path, name), { force: true }).catch(() => {});
  }

  async #close(lock: FolderLock, isNew: boolean): Promise<void> {
    // They hold ids of persons, and nothing will read them.
    for (const blob of this.#unsynced) {
      if (this.#committed?.includes(blob) !== true) await this.#remove(blob + BLOB);
    }
    for (const file of this.#opened.values()) await file.close();
    this.#opened.clear();
    this.#unsynced.clear();
    lock.release();
    // A run that has committed nothing leaves nothing.
    if (isNew && this.#committed === undefined) await this.#disk.rmdir(this.#path).catch(() => {});
    this.#committed = undefined;
  }

  #pathOf(blob: string): string {
    return join(this.#path, blob + BLOB);
  }

  async #attempt<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toDirectoryError(path, what, error);
    }
  }
}
