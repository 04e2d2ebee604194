import { read } from "./files.ts";
import { type Provenance, readProvenance, sha256 } from "./provenance.ts";
import { SpecError } from "./spec-error.ts";

/** A document of the vendor's as it lies in openapi/. */
export interface StoredDocument {
  /** Its path from the root of the project. */
  name: string;
  text: string;
  provenance: Provenance;
}

/** Every document that was imported. */
export async function readStored(root: string): Promise<StoredDocument[]> {
  const entries = await readProvenance(root);
  return Promise.all(
    entries.map(async (provenance) => {
      const name = pathOf(provenance);
      return { name, text: await read(root, name), provenance };
    }),
  );
}

export function pathOf({ file }: Provenance): string {
  return `openapi/${file}`;
}

export function isEdited({ text, provenance }: StoredDocument): boolean {
  return sha256(text) !== provenance.sha256;
}

/** Refuses a document that is no longer the one that was imported. */
export function refuseEdited(stored: StoredDocument): void {
  if (!isEdited(stored)) return;
  const { name, text, provenance } = stored;
  throw new SpecError(
    `${name} is not the document imported on ${provenance.imported}: its SHA-256 is ${sha256(text)}, not ` +
      `${provenance.sha256}. It is never edited by hand: restore it with \`git checkout ${name}\` and ` +
      "correct it in openapi/overlay.yaml, or import a newer page with `npm run import-spec -- <page>`.",
  );
}
