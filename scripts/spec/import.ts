import { build } from "./build.ts";
import { describeChanges } from "./changes.ts";
import { parseDocument } from "./document.ts";
import { mergedPath, overlayPath, provenancePath, read, readJson, writeAll } from "./files.ts";
import { type Document, haveRouteInCommon, readGiven } from "./given.ts";
import type { JsonObject } from "./json.ts";
import { mergeDocuments } from "./merge.ts";
import { renderProvenance } from "./provenance.ts";
import type { Redocly } from "./redocly.ts";
import { SpecError } from "./spec-error.ts";
import { pathOf, readStored, refuseEdited } from "./stored.ts";

export interface ImportRequest {
  /** Paths or http(s) addresses of pages, JSON or YAML documents. */
  inputs: string[];
  /** The day to write into the provenance, as YYYY-MM-DD. */
  today: string;
  /** Ends the fetching of an address. */
  signal: AbortSignal;
}

/** The arguments of the script. */
export function readArguments(inputs: string[]): string[] {
  if (inputs.length > 0) return inputs;
  throw new SpecError("Usage: npm run import-spec -- <page.md | document.json | document.yaml | URL> ...");
}

/**
 * Puts newer documents in the place of those that share a route with them, regenerates, and says what changed.
 * Everything is made in memory first: a failure leaves every file as it was.
 */
export async function importSpec(root: string, request: ImportRequest, redocly: Redocly): Promise<string> {
  const stored = (await readStored(root)).map((entry) => {
    return { ...entry, document: parseDocument(entry.text, entry.name), isNew: false };
  });
  const given: Document[] = [];
  for (const input of request.inputs) given.push(await readGiven(input, stored, request));
  const others = stored.filter((document) => !given.some((newer) => haveRouteInCommon(document, newer)));
  const documents = [...others, ...given].sort(byFile);
  const vendor = mergeDocuments(documents);
  const imported = given.filter(({ isNew }) => isNew);
  const unchanged = given.filter(({ isNew }) => !isNew).map(describeUnchanged);
  if (imported.length === 0) return `${unchanged.join("\n")} Nothing was changed.`;

  for (const document of others) refuseEdited(document);
  const generated = await build(vendor, await read(root, overlayPath), redocly);
  const before = (await readJson(root, mergedPath)) as JsonObject;
  const after = JSON.parse(generated[mergedPath]!) as JsonObject;
  const changes = await redocly.diff(JSON.stringify(before), JSON.stringify(after));
  await store(root, stored, documents, generated);
  const since = stored
    .map(({ provenance }) => provenance.imported)
    .sort()
    .at(-1);
  return [
    ...unchanged,
    `Imported ${imported.map(({ name }) => name).join(", ")} and regenerated. What changed since ${since}:`,
    ...describeChanges(changes, before, after),
    ...imported.filter(({ provenance }) => provenance.page === undefined).map(askForAddress),
    "Review the difference, openapi/README.md and the changelog, then run the tests.",
  ].join("\n");
}

/** One order, whichever was imported last: the generated files then change only where a document does. */
function byFile({ provenance: { file: a } }: Document, { provenance: { file: b } }: Document): number {
  return a < b ? -1 : Number(a > b);
}

function describeUnchanged({ name, provenance }: Document): string {
  return `${name}: the same document as the one imported on ${provenance.imported}.`;
}

function askForAddress({ name, provenance }: Document): string {
  return `${name}: write the address of its page into ${provenancePath}, as \`page\` of ${provenance.file}.`;
}

async function store(
  root: string,
  stored: Document[],
  documents: Document[],
  generated: Record<string, string>,
): Promise<void> {
  const paths = documents.map(({ provenance }) => pathOf(provenance));
  const texts = documents.flatMap(({ isNew, text }, index) => (isNew ? [[paths[index]!, text]] : []));
  const files = {
    ...Object.fromEntries(texts),
    [provenancePath]: renderProvenance(documents.map(({ provenance }) => provenance)),
    ...generated,
  };
  const obsolete = stored.map(({ provenance }) => pathOf(provenance)).filter((path) => !paths.includes(path));
  await writeAll(root, files, obsolete);
}
