// The time of a cold import: node import.mjs <library | empty>

import { finish } from "./finish.mjs";

const module = process.argv[2] === "library" ? "../../../dist/index.mjs" : "./empty.mjs";
const started = performance.now();
await import(module);
finish({ ms: performance.now() - started });
