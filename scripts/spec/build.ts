import openapiTS, { astToString } from "openapi-typescript";
import { parseDocument } from "./document.ts";
import { renderLimits } from "./limits.ts";
import { applyOverlay } from "./overlay.ts";
import type { LintProblem, Redocly } from "./redocly.ts";
import { SpecError } from "./spec-error.ts";

const notice = "Generated from openapi/, do not edit; npm run generate";

/** What the generated files are made of. */
export interface Input {
  documentText: string;
  /** What error messages call the document. */
  documentName: string;
  overlayText: string;
}

/** The generated files by path, made in memory. */
export async function build(input: Input, { lint }: Redocly): Promise<Record<string, string>> {
  const merged = applyOverlay(parseDocument(input.documentText, input.documentName), input.overlayText);
  // JSON has no comments, so an extension field at the top carries the notice.
  const mergedText = `${JSON.stringify({ "x-generated": notice, ...merged }, null, 2)}\n`;
  refuseProblems(await lint(mergedText));
  const types = astToString(await openapiTS(mergedText, { silent: true }));
  return {
    "generated/openapi.json": mergedText,
    "generated/schema.ts": `// ${notice}\n\n${types}`,
    "generated/limits.ts": `// ${notice}\n\n${renderLimits(merged)}`,
  };
}

function refuseProblems([first, ...more]: LintProblem[]): void {
  if (first === undefined) return;
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  throw new SpecError(
    "The document with its overlay fails the lint. Correct it in openapi/overlay.yaml:\n" +
      `${first.location[0]?.pointer ?? "#/"}: ${first.message} (${first.ruleId})${others}`,
  );
}
