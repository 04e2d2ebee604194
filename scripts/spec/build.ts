import openapiTS, { astToString } from "openapi-typescript";
import { parseDocument } from "./document.ts";
import { renderLimits } from "./limits.ts";
import { applyOverlay } from "./overlay.ts";
import { lint } from "./redocly.ts";
import { SpecError } from "./spec-error.ts";

const notice = "Generated from openapi/, do not edit; npm run generate";

/** The generated files by path, made in memory from the vendor's document and the overlay. */
export async function build(
  documentText: string,
  documentName: string,
  overlayText: string,
): Promise<Record<string, string>> {
  const merged = applyOverlay(parseDocument(documentText, documentName), overlayText);
  // JSON has no comments; an extension field at the top says the same.
  const mergedText = `${JSON.stringify({ "x-generated": notice, ...merged }, null, 2)}\n`;
  await refuseProblems(mergedText);
  const types = astToString(await openapiTS(mergedText, { silent: true }));
  return {
    "generated/openapi.json": mergedText,
    "generated/schema.ts": `// ${notice}\n\n${types}`,
    "generated/limits.ts": `// ${notice}\n\n${renderLimits(merged)}`,
  };
}

async function refuseProblems(document: string): Promise<void> {
  const [first, ...more] = await lint(document);
  if (first === undefined) return;
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  throw new SpecError(
    "The document with its overlay fails the lint. Correct it in openapi/overlay.yaml:\n" +
      `${first.location[0]?.pointer ?? "#/"}: ${first.message} (${first.ruleId})${others}`,
  );
}
