import { AudienceError } from "../index.ts";

/** A directory for partitions cannot be used: it cannot be written or read, or what it holds is damaged. */
export class DirectoryError extends AudienceError {
  override readonly name = "DirectoryError";
  readonly code = "DIRECTORY";
  /** The directory, or the file in it. */
  readonly path: string;

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem}`, options);
    this.path = path;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EDQUOT: "the quota of the disk is used up",
  EIO: "the disk fails",
  ENOENT: "there is no such file or directory",
  ENOSPC: "the disk is full",
  ENOTDIR: "it is no directory",
  EPERM: "no permission",
  EROFS: "the disk is read-only",
};

/** The error for what the file system has thrown. `what` failed: "cannot be written". */
export function toDirectoryError(path: string, what: string, cause: unknown): DirectoryError {
  if (cause instanceof DirectoryError) return cause;
  const code = codeOf(cause);
  const reason = REASONS[code ?? ""] ?? (cause instanceof Error ? cause.message : String(cause));
  return new DirectoryError(path, `${what}: ${reason}${code === undefined ? "" : ` (${code})`}`, { cause });
}

/** The code of an error of the file system, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
