// A program that brings an audience up to date and writes down how far it has got, as the documentation says: to be killed.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createAudienceClient } from "../../src/client.ts";
import type { Checkpoint } from "../../src/update/report.ts";
import { randomActions } from "../support/actions.ts";
import { FAST, fastRuntime } from "../support/environment.ts";
import { createRandom } from "../support/random.ts";

const [baseUrl = "", file = "", seed = ""] = process.argv.slice(2);

const retry = { ...FAST.retry, retries: 100 };
const client = createAudienceClient({
  ...FAST,
  baseUrl,
  retry,
  timeoutMs: Infinity,
  runtime: fastRuntime(1),
});
// Also the first run resumes: were it killed before it wrote anything, the next one could not know that it has to ask first.
const resumeFrom = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Checkpoint) : { records: 0 };

await client.update("vips", randomActions(createRandom(Number(seed)), 500, 90), {
  window: 40,
  maxIdsPerRequest: 10,
  resumeFrom,
  onProgress({ checkpoint }) {
    writeFileSync(`${file}.new`, JSON.stringify(checkpoint));
    renameSync(`${file}.new`, file);
  },
});
