import type { Json } from "./json.ts";
import { parsePath, valueAt } from "./json-path.ts";
import { SpecError } from "./spec-error.ts";

const body = "$.paths['/audiences/update'].post.requestBody.content['application/json'].schema.properties";
const attributes = `${body}.ids.items.properties.attributes`;
/** After the header with the project key and `from`. */
const pageSize = "$.paths['/audiences/list'].get.parameters[2].schema";

const limits = {
  maxIdsPerRequest: { path: `${body}.ids.maxItems`, type: "number" },
  maxAttributesPerId: { path: `${attributes}.maxProperties`, type: "number" },
  attributeNamePattern: { path: `${attributes}.propertyNames.pattern`, type: "string" },
  audienceNamePattern: { path: `${body}.name.pattern`, type: "string" },
  maxAudienceNameLength: { path: `${body}.name.maxLength`, type: "number" },
  maxAudiencesPerPage: { path: `${pageSize}.maximum`, type: "number" },
} as const;

const server = {
  url: { path: "$.servers[0].url", type: "string" },
  version: { path: "$.servers[0].variables.version.default", type: "string" },
} as const;

/** The TypeScript module with every constant that the library takes from the document. */
export function renderLimits(document: Json): string {
  return `/** What one request may hold or ask for, as the API document states it. */
export const limits = ${render(document, limits)} as const;

/** Where the API is, with the version to put into the URL. */
export const server = ${render(document, server)} as const;
`;
}

function render(document: Json, places: Record<string, { path: string; type: string }>): string {
  const lines = Object.entries(places).map(([name, { path, type }]) => {
    const value = valueAt(document, parsePath(path));
    if (typeof value === type) return `  ${name}: ${JSON.stringify(value)},\n`;
    throw new SpecError(
      `The limit \`${name}\` is missing: expected a ${type} at ${path} of the merged document, found ` +
        `${JSON.stringify(value)}. Add it in openapi/overlay.yaml or correct its path in scripts/spec/limits.ts.`,
    );
  });
  return `{\n${lines.join("")}}`;
}
