// Takes a newer page or document of the vendor's into openapi/ and says what changed.
import { importSpec } from "./spec/import.ts";
import { runScript } from "./spec/run-script.ts";
import { SpecError } from "./spec/spec-error.ts";

await runScript(() => {
  const [input, ...more] = process.argv.slice(2);
  if (input === undefined || more.length > 0) {
    throw new SpecError("Usage: npm run import-spec -- <page.md | document.json | document.yaml | URL>");
  }
  return importSpec(process.cwd(), {
    input,
    today: new Date().toISOString().slice(0, 10),
    timeoutMs: 30_000,
  });
});
