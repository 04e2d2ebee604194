import { createHash } from "node:crypto";
import { documentPath, provenancePath } from "./files.ts";
import { isObject } from "./json.ts";
import { reasonOf, SpecError } from "./spec-error.ts";

/** Where the document comes from. */
export interface Provenance {
  /** The vendor's page it was embedded in. */
  page: string;
  /** The day it was imported, as YYYY-MM-DD. */
  imported: string;
  /** SHA-256 of the document file, in hex. */
  sha256: string;
}

export function parseProvenance(text: string): Provenance {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw unusable(`is broken JSON: ${reasonOf(thrown)}`);
  }
  if (!isObject(value) || typeof value.imported !== "string" || typeof value.sha256 !== "string") {
    throw unusable("has no `imported` or no `sha256`");
  }
  return value as unknown as Provenance;
}

function unusable(why: string): SpecError {
  return new SpecError(`${provenancePath} ${why}. Restore it with \`git checkout ${provenancePath}\`.`);
}

export function renderProvenance(provenance: Provenance): string {
  return `${JSON.stringify(provenance, null, 2)}\n`;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Refuses a document that is no longer the one that was imported. */
export function refuseEdited(documentText: string, provenance: Provenance): void {
  const found = sha256(documentText);
  if (found === provenance.sha256) return;
  throw new SpecError(
    `${documentPath} is not the document imported on ${provenance.imported}: its SHA-256 is ${found}, not ` +
      `${provenance.sha256}. It is never edited by hand: restore it with \`git checkout ${documentPath}\` and ` +
      "correct it in openapi/overlay.yaml, or import a newer page with `npm run import-spec -- <page>`.",
  );
}
