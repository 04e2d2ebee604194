import { type Files, systemFiles } from "../../src/node/files.ts";

/** An error as the file system throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up by a test`), { code });
}

/** A disk with room for so many bytes: what does not fit is written in part, then comes `ENOSPC`. */
export function smallDisk(room: number): Files {
  let left = room;
  return {
    ...systemFiles,
    write(file, bytes, position) {
      if (left === 0) throw systemError("ENOSPC");
      const written = systemFiles.write(file, bytes.subarray(0, left), position);
      left -= written;
      return written;
    },
  };
}
