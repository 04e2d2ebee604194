import { isDeepStrictEqual } from "node:util";
import { build } from "./build.ts";
import { describeChanges } from "./changes.ts";
import { documentIn, parseDocument } from "./document.ts";
import { documentPath, overlayPath, provenancePath, read, writeAll } from "./files.ts";
import { parseProvenance, renderProvenance, sha256 } from "./provenance.ts";
import type { Redocly } from "./redocly.ts";
import { readSource } from "./source.ts";
import { SpecError } from "./spec-error.ts";

export interface ImportRequest {
  /** Path or http(s) address of a page, a JSON or a YAML document. */
  input: string;
  /** The day to write into the provenance, as YYYY-MM-DD. */
  today: string;
  /** Ends the fetching of an address. */
  signal: AbortSignal;
}

/** The one argument of the script. */
export function readArguments([input, ...more]: string[]): string {
  if (input !== undefined && more.length === 0) return input;
  throw new SpecError("Usage: npm run import-spec -- <page.md | document.json | document.yaml | URL>");
}

/**
 * Replaces the vendor's document by a newer one, regenerates, and says what changed. Everything is made in memory
 * first: a failure leaves every file as it was.
 */
export async function importSpec(root: string, request: ImportRequest, redocly: Redocly): Promise<string> {
  const oldText = await read(root, documentPath);
  const provenance = parseProvenance(await read(root, provenancePath));
  const overlayText = await read(root, overlayPath);

  const { text, name, page } = await readSource(request.input, request.signal);
  const newText = documentIn(text, name);
  const before = parseDocument(oldText, documentPath);
  const after = parseDocument(newText, name);
  const untouched = sha256(oldText) === provenance.sha256;
  if (untouched && isDeepStrictEqual(before, after)) {
    return `${name}: the same document as the one imported on ${provenance.imported}. Nothing was changed.`;
  }

  const generated = await build({ documentText: newText, documentName: name, overlayText }, redocly);
  const changes = describeChanges(await redocly.diff(oldText, newText), before, after);
  const origin = { page: page ?? provenance.page, imported: request.today, sha256: sha256(newText) };
  await writeAll(root, {
    [documentPath]: newText,
    [provenancePath]: renderProvenance(origin),
    ...generated,
  });
  return [
    `Imported ${name} and regenerated. What changed since ${provenance.imported}:`,
    ...changes,
    "Review the difference, openapi/README.md and the changelog, then run the tests.",
  ].join("\n");
}
