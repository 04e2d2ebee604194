import fs from "node:fs";

/** The holder of the files only: they name persons. */
export const OWNER_ONLY = 0o600;

/** What this folder needs of a file system. Tests pass one that fails. */
export interface Files {
  open(path: string, flags: "r" | "wx+"): number;
  close(file: number): void;
  /** Returns how many bytes were written: perhaps not all. */
  write(file: number, bytes: Uint8Array, position: number): number;
  /** Resolves to how many bytes were read: 0 at the end of the file. */
  read(file: number, into: Uint8Array, position: number): Promise<number>;
  /** The same at once, for an iterator that cannot wait. */
  readNow(file: number, into: Uint8Array, position: number): number;
  /** Resolves when what was written is on the disk. */
  sync(file: number): Promise<void>;
}

export const systemFiles: Files = {
  open: (path, flags) => fs.openSync(path, flags, OWNER_ONLY),
  close: (file) => fs.closeSync(file),
  write: (file, bytes, position) => fs.writeSync(file, bytes, 0, bytes.length, position),
  read: (file, into, position) =>
    new Promise((resolve, reject) => {
      fs.read(file, into, 0, into.length, position, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      );
    }),
  readNow: (file, into, position) => fs.readSync(file, into, 0, into.length, position),
  sync: (file) =>
    new Promise((resolve, reject) => {
      fs.fsync(file, (error) => (error === null ? resolve() : reject(error)));
    }),
};
