import { defineConfig } from "tsdown";

/** The other entries use the library as it is published, so that there is one of each class. */
const builtLibrary = {
  name: "built-library",
  resolveId: {
    filter: { id: /^(?:\.\.\/)+(?:(?:mirror|node)\/)?index\.ts$/ },
    handler: (id: string) => {
      const entry = /(mirror|node)\//.exec(id)?.[1];
      const built = { mirror: "../mirror.mjs", node: "../node/index.mjs" }[entry ?? ""] ?? "../index.mjs";
      return { id: built, external: true };
    },
  },
};

export default defineConfig([
  {
    // Together, so that they share what both need.
    entry: { index: "src/index.ts", mirror: "src/mirror/index.ts" },
    platform: "neutral",
    target: "es2022",
    // `.mjs`, as the package's exports say; for this platform the default would be `.js`.
    fixedExtension: true,
    dts: true,
  },
  {
    entry: ["src/node/index.ts"],
    outDir: "dist/node",
    platform: "node",
    target: "node20",
    dts: true,
    plugins: [builtLibrary],
  },
  {
    entry: ["src/cli/main.ts"],
    outDir: "dist/cli",
    platform: "node",
    target: "node20",
    dts: false,
    plugins: [builtLibrary],
    copy: [{ from: "generated/openapi.json", to: "dist" }],
  },
]);
