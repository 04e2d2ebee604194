import { matchesGlob } from "node:path/posix";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Set by `npm run mutants`. */
const tests = (process.env.TESTS_FOR_MUTANTS ?? "").split(" ");

/** A mutant runs the tests that reach it until one fails. */
class AsListed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) =>
      tests.findIndex((glob) => matchesGlob(moduleId, `**/${glob}`));
    return files.sort((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  test: {
    testTimeout: 30_000,
    include: tests,
    isolate: false,
    pool: "threads",
    sequence: { sequencer: AsListed },
  },
});
