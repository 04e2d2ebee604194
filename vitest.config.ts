import { defineConfig } from "vitest/config";
import { testsLeftOut } from "./scripts/servers.ts";

/** The command line's tests run in a folder of their own, and only a process can change its folder. */
const CLI = "test/cli/**/*.test.ts";

const leftOut = (await testsLeftOut()).map(({ files }) => files);

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ["test/support/unchanged-globals.ts"],
    // No test replaces a module or leaves anything behind in one, so files may share them: to load them again for each file
    // takes longer than to run most files. Without `maxWorkers` one core would be left idle.
    isolate: false,
    maxWorkers: "100%",
    projects: [
      { extends: true, test: { name: "command line", include: [CLI], pool: "forks" } },
      {
        extends: true,
        test: {
          name: "library",
          include: ["test/**/*.test.ts"],
          exclude: [CLI, ...leftOut],
          pool: "threads",
          typecheck: { enabled: true, include: ["test/types/**/*.test-d.ts"], tsconfig: "tsconfig.json" },
        },
      },
    ],
  },
});
