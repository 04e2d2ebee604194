import { defineConfig } from "tsdown";

/** The command line uses the library as it is published. */
const builtLibrary = {
  name: "built-library",
  resolveId: {
    filter: { id: /^(?:\.\.\/)+(?:(?:mirror|node|postgres|redis|testing)\/)?index\.ts$/ },
    handler: (id: string) => {
      const [, entry = "index"] = /(\w+)\/index\.ts$/.exec(id) ?? [];
      return { id: `../${entry}.mjs`, external: true };
    },
  },
};

export default defineConfig([
  {
    // Built together, so that the entries share what they need, and there is one of each class.
    entry: {
      index: "src/index.ts",
      mirror: "src/mirror/index.ts",
      node: "src/node/index.ts",
      postgres: "src/postgres/index.ts",
      redis: "src/redis/index.ts",
      testing: "src/testing/index.ts",
    },
    platform: "neutral",
    target: "es2022",
    // `.mjs`, as the package's exports say; for this platform the default would be `.js`.
    fixedExtension: true,
    dts: true,
  },
  {
    entry: ["src/cli/main.ts"],
    outDir: "dist/cli",
    platform: "node",
    target: "node20",
    dts: false,
    plugins: [builtLibrary],
  },
]);
