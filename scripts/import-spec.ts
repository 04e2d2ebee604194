// Takes newer pages or documents of the vendor's into openapi/ and says what changed.
import { importSpec, readArguments } from "./spec/import.ts";
import { redocly } from "./spec/redocly.ts";
import { runScript } from "./spec/run-script.ts";

await runScript(() => {
  const request = {
    inputs: readArguments(process.argv.slice(2)),
    today: new Date().toISOString().slice(0, 10),
    signal: AbortSignal.timeout(30_000),
  };
  return importSpec(process.cwd(), request, redocly);
});
