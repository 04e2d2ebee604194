import { build } from "./build.ts";
import { parseDocument } from "./document.ts";
import { overlayPath, read, readIfThere, writeAll } from "./files.ts";
import { mergeDocuments } from "./merge.ts";
import type { Redocly } from "./redocly.ts";
import { SpecError } from "./spec-error.ts";
import { readStored, refuseEdited } from "./stored.ts";

type Command = (root: string, redocly: Redocly) => Promise<string>;

/** The command that the script's arguments ask for. */
export function commandFor(args: string[]): Command {
  if (args.length === 0) return generate;
  if (args.length === 1 && args[0] === "--check") return check;
  throw new SpecError("Usage: npm run generate, or npm run check:generated");
}

/** Writes the generated files and says which. */
export async function generate(root: string, redocly: Redocly): Promise<string> {
  const files = await buildFrom(root, redocly);
  await writeAll(root, files);
  return `Wrote ${Object.keys(files).join(", ")}.`;
}

/** Fails unless the generated files are what the documents and the overlay make. Writes nothing. */
export async function check(root: string, redocly: Redocly): Promise<string> {
  const files = await buildFrom(root, redocly);
  const stale: string[] = [];
  for (const [path, text] of Object.entries(files)) {
    if ((await readIfThere(root, path)) !== text) stale.push(path);
  }
  if (stale.length === 0) return "The generated files agree with the document and the overlay.";
  throw new SpecError(
    `${stale.join(", ")}: not what openapi/ makes, edited by hand or not regenerated. Run \`npm run generate\`.`,
  );
}

async function buildFrom(root: string, redocly: Redocly): Promise<Record<string, string>> {
  const stored = await readStored(root);
  for (const document of stored) refuseEdited(document);
  const pages = stored.map(({ name, text }) => ({ name, document: parseDocument(text, name) }));
  return build(mergeDocuments(pages), await read(root, overlayPath), redocly);
}
