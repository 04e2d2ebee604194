// Makes generated/ from openapi/, or with --check compares without writing.
import { commandFor } from "./spec/generated.ts";
import { redocly } from "./spec/redocly.ts";
import { runScript } from "./spec/run-script.ts";

await runScript(() => commandFor(process.argv.slice(2))(process.cwd(), redocly));
