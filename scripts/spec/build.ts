import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";
import { mergedPath } from "./files.ts";
import type { JsonObject } from "./json.ts";
import { renderLimits } from "./limits.ts";
import { applyOverlay } from "./overlay.ts";
import type { LintProblem, Redocly } from "./redocly.ts";
import { reasonOf, SpecError } from "./spec-error.ts";

const notice = "Generated from openapi/, do not edit; npm run generate";

/** The generated files by path, made in memory from the vendor's document and the overlay. */
export async function build(
  document: JsonObject,
  overlayText: string,
  { lint }: Redocly,
): Promise<Record<string, string>> {
  const merged = applyOverlay(document, overlayText);
  // JSON has no comments, so an extension field at the top carries the notice.
  const mergedText = `${JSON.stringify({ "x-generated": notice, ...merged }, null, 2)}\n`;
  refuseProblems(await lint(mergedText));
  const types = await typesOf(mergedText);
  return {
    [mergedPath]: mergedText,
    "generated/schema.ts": `// ${notice}\n\n${types}`,
    "generated/limits.ts": `// ${notice}\n\n${renderLimits(merged)}`,
  };
}

/** What the lint lets pass may still be no schema, and the generator of the types then throws errors of its own. */
async function typesOf(text: string): Promise<string> {
  try {
    return astToString(await openapiTS(text, { silent: true, postTransform: leaveOpen }));
  } catch (thrown) {
    throw new SpecError(
      `The document with its overlay cannot be made into types: ${reasonOf(thrown)}. Correct it in openapi/overlay.yaml.`,
    );
  }
}

function refuseProblems([first, ...more]: LintProblem[]): void {
  if (first === undefined) return;
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  throw new SpecError(
    "The document with its overlay fails the lint. Correct it in openapi/overlay.yaml:\n" +
      `${first.location[0]?.pointer ?? "#/"}: ${first.message} (${first.ruleId})${others}`,
  );
}

/**
 * `string` among the alternatives of an `anyOf` becomes `string & {}`: TypeScript would drop the known values beside a
 * plain `string`, and editors could no longer offer them.
 */
function leaveOpen(type: ts.TypeNode, { path = "" }: { path?: string }): ts.TypeNode | undefined {
  if (type.kind !== ts.SyntaxKind.StringKeyword || !/\/anyOf\/\d+$/.test(path)) return undefined;
  return ts.factory.createIntersectionTypeNode([type, ts.factory.createTypeLiteralNode([])]);
}
