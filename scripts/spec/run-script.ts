import { SpecError } from "./spec-error.ts";

/** Prints what the work returns. A {@link SpecError} is printed without its stack and gives exit code 1. */
export async function runScript(work: () => Promise<string>): Promise<void> {
  try {
    console.log(await work());
  } catch (thrown) {
    if (!(thrown instanceof SpecError)) throw thrown;
    console.error(thrown.message);
    process.exitCode = 1;
  }
}
