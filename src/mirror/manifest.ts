import { checksumOf, PARTITIONS, type Part } from "./blobs.ts";
import { MirrorStateError, START_OVER } from "./mirror-errors.ts";

/** Of each partition, where its records are. */
export type PartsOf = readonly (readonly Part[])[];

/** What is to be sent. A run that finds it was preceded by one that was cut off. */
export interface Plan {
  /** Everything on the audience is replaced by the adds. */
  replacement: boolean;
  removes: PartsOf;
  adds: PartsOf;
  /** Not to be sent: it was not known before what the audience holds of them, and it still is not. */
  unsure: PartsOf;
}

/** The head of a state: what the audience holds, and what is on its way. */
export interface Manifest {
  audience: string;
  /** `destination` of the client. */
  destination: string;
  /** How many runs have committed. Names the blobs of each. */
  run: number;
  /** Ids that the audience holds as far as is known. */
  members: number;
  /** Missing until a first run has ended. */
  snapshot?: PartsOf;
  plan?: Plan;
  /** Accepted and not known to be applied. Also empty: something without a token may not be applied. */
  tokens?: string[] | undefined;
}

const FORMAT = 1;
const ENCODER = new TextEncoder();

export function noParts(): Part[][] {
  return Array.from({ length: PARTITIONS }, () => []);
}

/** A line with the format and a checksum, then the manifest as JSON. */
export function writeManifest(manifest: Manifest): string {
  const json = JSON.stringify(manifest);
  return `batch-audiences mirror ${FORMAT} ${checksumOf(ENCODER.encode(json))}\n${json}\n`;
}

export function readManifest(head: string): Manifest {
  const [, format, checksum, json = ""] = /^batch-audiences mirror (\d+) (\d+)\n(.*)\n$/s.exec(head) ?? [];
  if (format !== undefined && Number(format) !== FORMAT) {
    throw new MirrorStateError(
      `The state has format ${format}, and this version reads format ${FORMAT}: use the version that has written it, or ${START_OVER}`,
    );
  }
  if (Number(checksum) !== checksumOf(ENCODER.encode(json))) {
    throw new MirrorStateError(`The head of the state is damaged: restore it, or ${START_OVER}`);
  }
  return JSON.parse(json) as Manifest;
}

/** All parts of a plan. */
export function partsOf(plan: Plan | undefined): PartsOf {
  return plan === undefined ? [] : [...plan.removes, ...plan.adds, ...plan.unsure];
}

/** The blobs that a manifest needs, and those of more parts. */
export function blobsOf({ snapshot = [], plan }: Manifest, more: PartsOf = []): string[] {
  const parts = [...snapshot, ...partsOf(plan), ...more].flat();
  return [...new Set(parts.map(([blob]) => blob))];
}
