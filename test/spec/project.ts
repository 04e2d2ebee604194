import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { documentIn } from "../../scripts/spec/document.ts";
import type { JsonObject } from "../../scripts/spec/json.ts";
import type { Redocly } from "../../scripts/spec/redocly.ts";

/** The real project. Tests only read it. */
export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** The vendor's page as it was when the document was first taken from it. */
export const firstPage = await readFile(new URL("fixtures/page.md", import.meta.url), "utf8");

const embedded = await readFile(join(projectRoot, "openapi/audiences-update.json"), "utf8");

/** The page around the document that the project has now: an import needs no new fixture. */
export const page = firstPage.replace(documentIn(firstPage, "page.md"), () => embedded);

/** A stand-in for Redocly that finds nothing, for the tests that are not about what it finds. */
export const silentRedocly: Redocly = { lint: async () => [], diff: async () => [] };

/** Fails the test in which Redocly would see the document. */
export const unusedRedocly: Redocly = {
  lint: () => Promise.reject(new Error("Redocly got the document to lint")),
  diff: () => Promise.reject(new Error("Redocly got the documents to compare")),
};

/** The parts of the vendor's document that the tests edit. */
export interface VendorDocument {
  openapi: string;
  info: { title: string; version: string };
  servers: { url: string; variables: Record<string, { default: string }> }[];
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, { description?: string; content: Content }>;
  };
  paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  operationId?: string;
  summary?: string;
  security?: unknown[];
  requestBody?: { content: Content };
  responses: Record<string, unknown>;
}

interface Content {
  "application/json": { schema: Schema };
}

export interface Schema {
  type?: string;
  description?: string;
  enum?: string[];
  required?: string[];
  properties: Record<string, Schema>;
  items: Schema;
  [limit: `max${string}` | `min${string}`]: number;
}

/** The page with its document edited. */
export function pageWith(edit: (document: VendorDocument) => void): string {
  return page.replace(embedded, () => JSON.stringify(documentWith(edit)));
}

export function documentWith(edit: (document: VendorDocument) => void): JsonObject {
  const document = JSON.parse(embedded) as VendorDocument;
  edit(document);
  return document as unknown as JsonObject;
}

/** The body schema of a POST, by default of `/audiences/update`, which most changes are about. */
export function bodyOf(document: VendorDocument, route = "update"): Schema {
  return document.paths[`/audiences/${route}`]!.post!.requestBody!.content["application/json"].schema;
}

/** The vendor's document of another route: everything that the vendor's pages share is as on the update page. */
export function routeDocument(
  route: string,
  edit: (document: VendorDocument) => void = () => {},
): JsonObject {
  return documentWith((document) => {
    const post = { ...document.paths["/audiences/update"]!.post!, operationId: `audience_${route}` };
    document.paths = { [`/audiences/${route}`]: { post } };
    edit(document);
  });
}

/** Lets the overlay of a copy add the routes of documents, as if the vendor had no page of them. */
export function addToOverlay(root: string, ...documents: JsonObject[]): Promise<void> {
  const actions = documents.map(({ paths }) => {
    const action = { target: "$.paths", description: "why", "x-source": "where", update: paths };
    return `  - ${JSON.stringify(action)}\n`;
  });
  return rewrite(root, "openapi/overlay.yaml", (text) => text + actions.join(""));
}

/** A copy of the project's openapi/ and generated/ in a temporary folder, removed when the test ends. */
export async function copyProject(): Promise<string> {
  const root = await temporaryFolder();
  for (const folder of ["openapi", "generated"]) {
    await cp(join(projectRoot, folder), join(root, folder), { recursive: true });
  }
  return root;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "spec-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Every file below a folder with its text. */
export async function filesIn(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files: Record<string, string> = {};
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files[path.slice(root.length + 1)] = await readFile(path, "utf8");
  }
  return files;
}

/** Rewrites one file of a copy. */
export async function rewrite(root: string, path: string, edit: (text: string) => string): Promise<void> {
  const text = await readFile(join(root, path), "utf8");
  const edited = edit(text);
  if (edited === text) throw new Error(`the test changes nothing in ${path}`);
  await writeFile(join(root, path), edited);
}

/** Runs a script as `npm run` does, in a copy of the project. */
export function runScript(root: string, script: string, ...args: string[]) {
  const tsx = join(projectRoot, "node_modules/.bin/tsx");
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(
      tsx,
      [join(projectRoot, script), ...args],
      { cwd: root },
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr });
      },
    );
  });
}
