import { createHash } from "node:crypto";
import { provenancePath, readJson, unusable } from "./files.ts";
import { isObject } from "./json.ts";

/** Where one document comes from. */
export interface Provenance {
  /** Its file in openapi/. */
  file: string;
  /** The vendor's page it was embedded in; absent where only a file was given. */
  page?: string;
  /** The day it was imported, as YYYY-MM-DD. */
  imported: string;
  /** SHA-256 of the file, in hex. */
  sha256: string;
}

export async function readProvenance(root: string): Promise<Provenance[]> {
  const value = await readJson(root, provenancePath);
  if (Array.isArray(value) && value.length > 0 && value.every(isProvenance)) return value;
  throw unusable(provenancePath, "is not a list of documents, each with `file`, `imported` and `sha256`");
}

function isProvenance(value: unknown): value is Provenance {
  if (!isObject(value)) return false;
  const { file, imported, sha256 } = value;
  // An import removes the file, so it must be one of openapi/.
  const isFile = typeof file === "string" && /^[\w-]+\.json$/.test(file);
  return isFile && typeof imported === "string" && typeof sha256 === "string";
}

export function renderProvenance(documents: Provenance[]): string {
  return `${JSON.stringify(documents, null, 2)}\n`;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
