import { defineConfig } from "tsdown";

const ENTRIES = ["mirror", "node", "postgres", "redis", "testing"];

/** The command line uses the library as it is published. */
const builtLibrary = {
  name: "built-library",
  resolveId: {
    filter: { id: new RegExp(`^(?:\\.\\./)+(?:(?:${ENTRIES.join("|")})/)?index\\.ts$`) },
    handler: (id: string) => {
      const entry = ENTRIES.find((name) => id.endsWith(`/${name}/index.ts`)) ?? "index";
      return { id: `../${entry}.mjs`, external: true };
    },
  },
};

export default defineConfig([
  {
    // Built together, so that the entries share what they need, and there is one of each class.
    entry: Object.fromEntries([
      ["index", "src/index.ts"],
      ...ENTRIES.map((name) => [name, `src/${name}/index.ts`]),
    ]),
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
