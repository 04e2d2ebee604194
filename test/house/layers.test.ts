import { describe, expect, it } from "vitest";
import { importCircles, importersOf, importsAgainstLayers, importsFrom } from "./layers.ts";
import { sourceFile } from "./source-file.ts";

const against = (path: string, text: string) => importsAgainstLayers([sourceFile(path, text)]);

describe("an import against the layers", () => {
  it("is reported as an arrow, with what is allowed", () => {
    expect(against("src/window/window-reader.ts", 'import { a } from "../update/report.ts";')).toEqual([
      "src/window/window-reader.ts → src/update/report.ts: " +
        "window/ may import only actions/, errors.ts, hash.ts, options.ts, runtime.ts, diagnostics.ts, generated/",
    ]);
  });

  it.each([
    'import { a } from "../update/a.ts";',
    'import type { A } from "../update/a.ts";',
    'import "../update/a.ts";',
    'import a, * as b from "../update/a.ts";',
    'export { a } from "../update/a.ts";',
    'export type { A } from "../update/a.ts";',
    'export * from "../update/a.ts";',
    'const a = await import("../update/a.ts");',
    'let a: import("../update/a.ts").A;',
  ])("is found in %s", (text) => {
    expect(against("src/window/a.ts", text)).toHaveLength(1);
  });

  it.each([
    ["src/errors.ts", "./runtime.ts"],
    ["src/runtime.ts", "./options.ts"],
    ["src/options.ts", "./actions/action.ts"],
    ["src/actions/a.ts", "../window/a.ts"],
    ["src/actions/a.ts", "../transport/a.ts"],
    ["src/transport/a.ts", "../actions/a.ts"],
    ["src/transport/a.ts", "../indexing/a.ts"],
    ["src/window/a.ts", "../transport/a.ts"],
    ["src/window/a.ts", "../indexing/a.ts"],
    ["src/indexing/a.ts", "../update/a.ts"],
    ["src/update/a.ts", "../audiences/a.ts"],
    ["src/update/a.ts", "../client.ts"],
    ["src/audiences/a.ts", "../client.ts"],
    ["src/client.ts", "./index.ts"],
    ["src/client.ts", "./cli/main.ts"],
    ["src/update/a.ts", "../index.ts"],
    ["src/update/a.ts", "../node/index.ts"],
    ["src/update/a.ts", "../mirror/a.ts"],
    ["src/update/a.ts", "../testing/index.ts"],
    ["src/cli/input/a.ts", "../../transport/http.ts"],
    ["src/cli/input/a.ts", "../../errors.ts"],
    ["src/cli/input/a.ts", "../../mirror/plan.ts"],
    ["src/mirror/a.ts", "../cli/main.ts"],
    ["src/update/a.ts", "../../test/support/a.ts"],
    ["src/update/a.ts", "../../scripts/a.ts"],
    ["src/update/a.ts", "../../package.json"],
  ])("is reported from %s to %s", (path, target) => {
    expect(against(path, `import "${target}";`)).toHaveLength(1);
  });

  it.each([
    ["src/options.ts", "./errors.ts"],
    ["src/options.ts", "../generated/limits.ts"],
    ["src/window/a.ts", "./b.ts"],
    ["src/window/a.ts", "../actions/action.ts"],
    ["src/window/a.ts", "../errors.ts"],
    ["src/indexing/a.ts", "../transport/http.ts"],
    ["src/update/a.ts", "../../generated/limits.ts"],
    ["src/update/a.ts", "../window/a.ts"],
    ["src/audiences/a.ts", "../update/a.ts"],
    ["src/client.ts", "./audiences/a.ts"],
    ["src/index.ts", "./client.ts"],
    ["src/mirror/a.ts", "../index.ts"],
    ["src/testing/a.ts", "../transport/http.ts"],
    ["src/cli/input/a.ts", "../../index.ts"],
    ["src/cli/input/a.ts", "../../mirror/index.ts"],
    ["src/cli/input/a.ts", "../files/b.ts"],
    ["src/cli/input/a.ts", "node:fs"],
  ])("is not one from %s to %s", (path, target) => {
    expect(against(path, `import "${target}";`)).toEqual([]);
  });

  it("is not what a string or a comment contains", () => {
    expect(
      against("src/window/a.ts", `// import "../update/a.ts";\nconst a = 'import "../update/a.ts"';`),
    ).toEqual([]);
  });
});

it("a part of src/ without a layer is reported", () => {
  expect(against("src/helpers/a.ts", "")).toEqual([
    "src/helpers/a.ts: helpers/ is not in the table of test/house/layers.ts",
  ]);
});

describe("a circle of imports", () => {
  const files = (imports: Record<string, string[]>) =>
    Object.entries(imports).map(([name, targets]) => {
      return sourceFile(`src/cli/${name}.ts`, targets.map((target) => `import "./${target}.ts";`).join("\n"));
    });

  it("is reported once, however many files lead to it", () => {
    expect(importCircles(files({ main: ["a", "b"], a: ["b"], b: ["c"], c: ["a"] }))).toEqual([
      "src/cli/a.ts → src/cli/b.ts → src/cli/c.ts → src/cli/a.ts",
    ]);
  });

  it("is a file that imports itself", () => {
    expect(importCircles(files({ a: ["a"] }))).toEqual(["src/cli/a.ts → src/cli/a.ts"]);
  });

  it("is not two ways to the same file", () => {
    expect(importCircles(files({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] }))).toEqual([]);
  });
});

it("imports from a forbidden folder are reported", () => {
  const files = [
    sourceFile("scripts/demo.ts", 'import "../test/contract/prism.ts"; import "./spec/test/a.ts";'),
    sourceFile("scripts/bench/a.ts", 'import type { A } from "../../test/a.ts";'),
  ];
  expect(importsFrom("test/", files)).toEqual([
    "scripts/demo.ts → test/contract/prism.ts",
    "scripts/bench/a.ts → test/a.ts",
  ]);
});

it("the importers of a package are found", () => {
  const texts = [
    'import a from "openapi-fetch";',
    'import a from "openapi-fetch-other";',
    'import("openapi-fetch");',
  ];
  const files = texts.map((text, index) => sourceFile(`src/${index}.ts`, text));
  expect(importersOf("openapi-fetch", files)).toEqual(["src/0.ts", "src/2.ts"]);
});
