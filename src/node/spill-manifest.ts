import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { SpillRun } from "../window/spill.ts";
import { codeOf, DirectoryError, toDirectoryError } from "./directory-error.ts";
import { type Disk, writeDurably } from "./durable-file.ts";
import type { PartitionTotals } from "./partition-file.ts";

const VERSION = 1;

/** What a folder says of its actions, once all of them are there. */
export interface SpillManifest {
  version: number;
  /** Names the actions, as a checkpoint does. */
  id: string;
  owner: Owner;
  /** How many records the source had. */
  records: number;
  totals: PartitionTotals;
}

interface Owner {
  audience: string;
  baseUrl: string;
  /** A hash of the project key. */
  project: string;
  records: "actions" | "members";
}

export function ownerOf({ projectKey, ...owner }: SpillRun["owner"]): Owner {
  return { ...owner, project: createHash("sha256").update(projectKey).digest("hex").slice(0, 16) };
}

/** Whether the actions of one are for the same audience as those of the other. */
export function isSameAudience(one: Owner, other: Owner): boolean {
  return one.audience === other.audience && one.baseUrl === other.baseUrl && one.project === other.project;
}

export async function writeManifest(
  path: string,
  manifest: Omit<SpillManifest, "version">,
  disk: Disk,
): Promise<void> {
  try {
    const whole = { version: VERSION, ...manifest };
    await writeDurably(path, JSON.stringify({ ...whole, digest: digestOf(whole) }), disk);
  } catch (error) {
    throw toDirectoryError(path, "cannot be written", error);
  }
}

/** `undefined` if there is none. Throws a `DirectoryError` for one that cannot be read. */
export function readManifest(path: string): SpillManifest | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw toDirectoryError(path, "cannot be read", error);
  }
  const manifest = parse(text);
  if (manifest?.version === VERSION) return manifest;
  throw new DirectoryError(
    path,
    "is damaged, or of another version. Delete the folder, and run again over the whole source",
  );
}

/** `undefined` for all but what a run has written: a manifest that lacks a count would lose actions in silence. */
function parse(text: string): SpillManifest | undefined {
  try {
    const { digest, ...manifest } = JSON.parse(text) as SpillManifest & { digest: unknown };
    return digest === digestOf(manifest) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(manifest: object): string {
  return createHash("sha256").update(JSON.stringify(manifest)).digest("hex");
}
