/**
 * Writes docs/api from the doc comments of every public entry, or with `--check` fails where it is out of date.
 * `npm run docs`, `npm run check:docs`
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Application, OptionDefaults } from "typedoc";
import { load } from "typedoc-plugin-markdown";
import packageJson from "../package.json" with { type: "json" };

const FOLDER = "docs/api";

const MARKDOWN = {
  outputFileStrategy: "modules",
  entryFileName: "README",
  groupOrder: ["Functions", "Interfaces", "Type Aliases", "Classes", "*"],
  hidePageHeader: true,
  hideBreadcrumbs: true,
  expandObjects: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  typeAliasPropertiesFormat: "table",
  classPropertiesFormat: "table",
  tableColumnSettings: { hideDefaults: true, hideInherited: true, hideModifiers: true, hideOverrides: true },
};

const isCheck = process.argv.includes("--check");
const folder = isCheck ? mkdtempSync(join(tmpdir(), "api-")) : FOLDER;
try {
  await write(folder);
  if (isCheck) compare(filesIn(folder), filesIn(FOLDER));
} finally {
  if (isCheck) rmSync(folder, { recursive: true });
}

async function write(out: string): Promise<void> {
  const app = await Application.bootstrapWithPlugins({
    plugin: [load],
    entryPoints: Object.keys(packageJson.exports).flatMap(sourceOf),
    out,
    readme: "none",
    // The line of a declaration would make every change of the source a change of its page.
    disableSources: true,
    // What `Error` has is not ours to describe.
    excludeExternals: true,
    // The generator's tag for what the document says of a field.
    blockTags: [...OptionDefaults.blockTags, "@description"],
    // `npm run check:types` does that.
    skipErrorChecking: true,
    treatWarningsAsErrors: true,
    logLevel: "Warn",
    // Types of the vendor's document are made, and are what `AudienceHttp` says of them.
    validation: { notExported: false },
    ...MARKDOWN,
  });
  const project = await app.convert();
  if (project === undefined || app.logger.hasErrors()) throw new Error("TypeDoc could not read the entries.");
  for (const entry of project.children ?? []) entry.name = importedAs(entry.name);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("TypeDoc had something to say.");
}

/** "./node" is `src/node/index.ts`, "." is `src/index.ts`. */
function sourceOf(path: string): string[] {
  return path.endsWith(".json") ? [] : [join("src", path, "index.ts")];
}

/** "testing" is imported as "batch-audiences/testing". */
function importedAs(module: string): string {
  return module === "index" ? packageJson.name : `${packageJson.name}/${module.replace(/\/index$/, "")}`;
}

function filesIn(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".md"));
  return Object.fromEntries(files.sort().map((file) => [file, readFileSync(join(root, file), "utf8")]));
}

function compare(now: Record<string, string>, stored: Record<string, string>): void {
  const files = new Set([...Object.keys(now), ...Object.keys(stored)]);
  const stale = [...files].filter((file) => now[file] !== stored[file]);
  if (stale.length === 0) return;
  console.error(`${FOLDER} is out of date: ${stale.join(", ")}. Write it again: npm run docs`);
  process.exitCode = 1;
}
