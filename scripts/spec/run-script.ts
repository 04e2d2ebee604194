import { SpecError } from "./spec-error.ts";

/** Runs a script's work: prints what it returns, or the message of what the person can mend and exit code 1. */
export async function runScript(work: () => Promise<string>): Promise<void> {
  try {
    console.log(await work());
  } catch (thrown) {
    if (!(thrown instanceof SpecError)) throw thrown;
    console.error(thrown.message);
    process.exitCode = 1;
  }
}
