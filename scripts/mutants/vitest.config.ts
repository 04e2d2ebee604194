import { defineConfig } from "vitest/config";

/** The folders of tests that run fast and look at what is mutated. A mutant runs those of them that reach it. */
const FOLDERS = ["actions", "audiences", "indexing", "mirror", "transport", "update", "window"];

export default defineConfig({
  test: {
    testTimeout: 5_000,
    include: [...FOLDERS.map((folder) => `test/${folder}/**/*.test.ts`), "test/*.test.ts"],
    exclude: ["test/house.test.ts", "test/secrets.test.ts"],
    isolate: false,
    pool: "threads",
  },
});
