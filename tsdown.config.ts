import { defineConfig } from "tsdown";

export default defineConfig([
  {
    entry: {
      index: "src/index.ts",
      "postgres/index": "src/postgres/index.ts",
      "redis/index": "src/redis/index.ts",
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
    // The command line uses the library as it is published.
    plugins: [
      {
        name: "built-library",
        resolveId: {
          filter: { id: /^(?:\.\.\/)+(?:postgres\/)?index\.ts$/ },
          handler: (id) => ({
            id: id.includes("postgres") ? "../postgres/index.mjs" : "../index.mjs",
            external: true,
          }),
        },
      },
    ],
    copy: [{ from: "generated/openapi.json", to: "dist" }],
  },
]);
