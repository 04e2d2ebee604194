import { build } from "./build.ts";
import { documentPath, overlayPath, provenancePath, read, readIfThere, writeAll } from "./files.ts";
import { parseProvenance, refuseEdited } from "./provenance.ts";
import { SpecError } from "./spec-error.ts";

/** Writes the generated files and says which. */
export async function generate(root: string): Promise<string> {
  const files = await buildFrom(root);
  await writeAll(root, files);
  return `Wrote ${Object.keys(files).join(", ")}.`;
}

/** Fails unless the generated files are what the document and the overlay make. Writes nothing. */
export async function check(root: string): Promise<string> {
  const files = await buildFrom(root);
  const stale: string[] = [];
  for (const [path, text] of Object.entries(files)) {
    if ((await readIfThere(root, path)) !== text) stale.push(path);
  }
  if (stale.length === 0) return "The generated files agree with the document and the overlay.";
  throw new SpecError(
    `${stale.join(", ")}: not what openapi/ makes, edited by hand or not regenerated. Mend with \`npm run generate\`.`,
  );
}

async function buildFrom(root: string): Promise<Record<string, string>> {
  const document = await read(root, documentPath);
  refuseEdited(document, parseProvenance(await read(root, provenancePath)));
  return build(document, documentPath, await read(root, overlayPath));
}
