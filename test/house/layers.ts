import { posix } from "node:path";
import ts from "typescript";
import type { SourceFile } from "./source-file.ts";

const base = ["errors.ts", "hash.ts", "options.ts", "runtime.ts", "diagnostics.ts", "generated/"];
const steps = ["actions/", "transport/", "window/", "indexing/", "update/", "audiences/"];
const core = [...steps, "client.ts", "index.ts", ...base];
const publicEntries = ["", "mirror/", "node/", "postgres/", "redis/", "testing/"].map(
  (folder) => `${folder}index.ts`,
);

/**
 * What each part of src/ may import, from the bottom to the top. A folder may always import from itself. What is not
 * in the list of a part is above it, beside it or private to another.
 */
const layers: Readonly<Record<string, readonly string[]>> = {
  "errors.ts": [],
  "diagnostics.ts": [],
  "runtime.ts": ["errors.ts"],
  "hash.ts": [],
  "options.ts": ["errors.ts", "hash.ts", "runtime.ts", "generated/"],

  "actions/": base,
  "transport/": base,
  "window/": ["actions/", ...base],
  "indexing/": ["transport/", ...base],
  "update/": ["actions/", "transport/", "window/", "indexing/", ...base],
  "audiences/": ["transport/", "indexing/", "update/", ...base],
  "client.ts": [...steps, ...base],
  "index.ts": [...steps, "client.ts", ...base],

  "node/": [...core, "mirror/"],
  "mirror/": core,
  "postgres/": core,
  "redis/": core,
  "testing/": [...core, "mirror/"],
  "cli/": publicEntries,
};

/** Imports in src/ that go against the layers, each as an arrow. `import type` is an import too. */
export function importsAgainstLayers(files: SourceFile[]): string[] {
  return files.flatMap((file) => {
    const layer = layerOf(file.path);
    const allowed = layers[layer];
    if (allowed === undefined) return [`${file.path}: ${layer} is not in the table of test/house/layers.ts`];
    const reason = `${layer} may import only ${allowed.join(", ") || "packages"}`;
    return importedFiles(file)
      .filter((target) => !mayImport(layer, allowed, target))
      .map((target) => `${file.path} → ${target}: ${reason}`);
  });
}

/** Imports by which a file comes back to itself, each circle once. */
export function importCircles(files: SourceFile[]): string[] {
  const imports = new Map(files.map((file) => [file.path, importedFiles(file)]));
  const finished = new Set<string>();
  const circles: string[] = [];
  for (const path of imports.keys()) follow(path, []);
  return circles;

  function follow(path: string, before: string[]): void {
    if (before.includes(path)) circles.push([...before.slice(before.indexOf(path)), path].join(" → "));
    if (before.includes(path) || finished.has(path)) return;
    for (const target of imports.get(path) ?? []) follow(target, [...before, path]);
    finished.add(path);
  }
}

/** Imports from a folder that these files may not use. */
export function importsFrom(folder: string, files: SourceFile[]): string[] {
  return files.flatMap((file) =>
    importedFiles(file)
      .filter((target) => target.startsWith(folder))
      .map((target) => `${file.path} → ${target}`),
  );
}

/** The files that import a package. */
export function importersOf(name: string, files: SourceFile[]): string[] {
  return files.filter((file) => specifiersIn(file).includes(name)).map(({ path }) => path);
}

function mayImport(layer: string, allowed: readonly string[], target: string): boolean {
  const targetLayer = layerOf(target);
  if (targetLayer === layer || allowed.includes(targetLayer)) return true;
  return allowed.includes(target.replace(/^src\//, ""));
}

/** "update/" for src/update/report.ts, "client.ts" for src/client.ts, "generated/" for generated/limits.ts. */
function layerOf(path: string): string {
  return path.replace(/^src\//, "").replace(/\/.*$/, "/");
}

function importedFiles(file: SourceFile): string[] {
  const relative = specifiersIn(file).filter((specifier) => specifier.startsWith("."));
  return relative.map((specifier) => posix.join(posix.dirname(file.path), specifier));
}

function specifiersIn({ text }: SourceFile): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return [...new Set(importedFiles.map(({ fileName }) => fileName))];
}
