import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    typecheck: { enabled: true, include: ["test/types/**/*.test-d.ts"], tsconfig: "tsconfig.json" },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // No test replaces a module or leaves anything behind in one, so files may share them: to load them anew for each file
    // takes longer than to run most files. Without `maxWorkers` one core would be left idle.
    pool: "threads",
    isolate: false,
    maxWorkers: "100%",
  },
});
