// Makes generated/ from openapi/, or with --check compares without writing.
import { check, generate } from "./spec/generated.ts";
import { runScript } from "./spec/run-script.ts";

const work = process.argv.includes("--check") ? check : generate;
await runScript(() => work(process.cwd()));
