import { isDeepStrictEqual } from "node:util";
import { build } from "./build.ts";
import { describeChanges } from "./changes.ts";
import { documentIn, parseDocument } from "./document.ts";
import { documentPath, overlayPath, provenancePath, read, writeAll } from "./files.ts";
import { parseProvenance, renderProvenance, sha256 } from "./provenance.ts";
import { diff } from "./redocly.ts";
import { readSource } from "./source.ts";

export interface ImportRequest {
  /** Path or http(s) address of a page, a JSON or a YAML document. */
  input: string;
  /** The day to write into the provenance, as YYYY-MM-DD. */
  today: string;
  /** How long fetching an address may take. */
  timeoutMs: number;
}

/**
 * Replaces the vendor's document by a newer one, regenerates, and says what changed. Everything is made in memory
 * first: whatever fails, no file is touched.
 */
export async function importSpec(root: string, { input, today, timeoutMs }: ImportRequest): Promise<string> {
  const oldText = await read(root, documentPath);
  const provenance = parseProvenance(await read(root, provenancePath));
  const overlay = await read(root, overlayPath);

  const source = await readSource(input, timeoutMs);
  const newText = documentIn(source.text, input);
  const before = parseDocument(oldText, documentPath);
  const after = parseDocument(newText, input);
  const untouched = sha256(oldText) === provenance.sha256;
  if (untouched && isDeepStrictEqual(before, after)) {
    return `${input}: the same document as the one imported on ${provenance.imported}. Nothing was changed.`;
  }

  const generated = await build(newText, input, overlay);
  const changes = describeChanges(await diff(oldText, newText), before, after);
  const page = source.page ?? provenance.page;
  await writeAll(root, {
    [documentPath]: newText,
    [provenancePath]: renderProvenance({ page, imported: today, sha256: sha256(newText) }),
    ...generated,
  });
  return [
    `Imported ${input} and regenerated. What changed since ${provenance.imported}:`,
    ...changes,
    "Review the difference, openapi/README.md and the changelog, then run the tests.",
  ].join("\n");
}
