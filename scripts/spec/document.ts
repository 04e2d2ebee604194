import { extname } from "node:path";
import { parse as parseYaml } from "yaml";
import { isObject, type JsonObject } from "./json.ts";
import { refuseOutsideReferences } from "./references.ts";
import { reasonOf, SpecError } from "./spec-error.ts";

/** The document's text in a page or in a JSON file, byte for byte; a YAML file is turned into JSON. */
export function documentIn(text: string, name: string): string {
  const extension = extname(name);
  if (extension === ".json") return text;
  if (extension === ".yaml" || extension === ".yml") return fromYaml(text, name);
  return fromPage(text, name);
}

/** The document as a value, or an error that says why it cannot be used. */
export function parseDocument(text: string, name: string): JsonObject {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (thrown) {
    throw new SpecError(`${name}: the document is broken JSON: ${reasonOf(thrown)}. Fetch it again, whole.`);
  }
  const { openapi, swagger } = isObject(document) ? document : {};
  if (isObject(document) && typeof openapi === "string" && openapi.startsWith("3.")) {
    refuseOutsideReferences(document, name);
    return document;
  }
  const found = JSON.stringify(openapi ?? swagger) ?? "no `openapi` field";
  throw new SpecError(`${name}: the document is not OpenAPI 3.x, found ${found}. Give one that is.`);
}

function fromYaml(text: string, name: string): string {
  try {
    return `${JSON.stringify(parseYaml(text), null, 2)}\n`;
  } catch (thrown) {
    throw new SpecError(`${name}: the document is broken YAML: ${reasonOf(thrown)}. Fetch it again, whole.`);
  }
}

function fromPage(page: string, name: string): string {
  const documents = jsonBlocks(page).filter(looksLikeDocument);
  const [document] = documents;
  if (document === undefined) {
    throw new SpecError(
      `${name}: no OpenAPI document found, no \`\`\`json block has an \`openapi\` field at its top. ` +
        "Give the vendor's page as Markdown (its address ends in .md), or the document itself as .json or .yaml.",
    );
  }
  if (documents.length > 1) {
    throw new SpecError(
      `${name}: ${documents.length} OpenAPI documents found, one expected. Save the right one as .json and import that.`,
    );
  }
  return document;
}

/** A block without its closing fence counts too, so that a page that was cut off is reported as broken. */
function jsonBlocks(page: string): string[] {
  const blocks = page.matchAll(/^[ \t]*(`{3,})json[^\n]*\n([\s\S]*?)(?:^[ \t]*\1[ \t]*\r?$|$(?![\s\S]))/gm);
  return Array.from(blocks, (match) => match[2]!.replace(/\r?\n$/, ""));
}

/** The page's other JSON blocks are payloads. In broken JSON the field's name is enough, so that it is reported. */
function looksLikeDocument(block: string): boolean {
  try {
    const value: unknown = JSON.parse(block);
    return isObject(value) && ("openapi" in value || "swagger" in value);
  } catch {
    return /"(?:openapi|swagger)"\s*:/.test(block);
  }
}
