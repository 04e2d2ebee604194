// A program that spills, and writes down how far it has got. It kills itself where it is told to: at a record that it reads, or at
// an operation on its files.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { AudienceAction } from "../../src/actions/action.ts";
import { createClient } from "../../src/client.ts";
import { createDirectory } from "../../src/node/directory.ts";
import { type Files, systemFiles } from "../../src/node/files.ts";
import { createRandom } from "../../src/testing/random.ts";
import type { Checkpoint } from "../../src/update/report.ts";
import { randomActions } from "../support/actions.ts";
import { FAST, fastRuntime } from "../support/environment.ts";

const [baseUrl = "", file = "", seed = "", count = "", record = "", operation = ""] = process.argv.slice(2);

const retry = { ...FAST.retry, retries: 100 };
const client = createClient({ ...FAST, baseUrl, retry, timeoutMs: Infinity }, fastRuntime(1));
const resumeFrom = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Checkpoint) : { records: 0 };

const die = () => process.kill(process.pid, "SIGKILL");

function* source(): Generator<AudienceAction> {
  const actions = randomActions(createRandom(Number(seed)), Number(count), Number(count) / 3);
  for (const [index, action] of actions.entries()) {
    if (index === Number(record)) die();
    yield action;
  }
}

let operations = 0;
const countDown = <A extends unknown[], R>(work: (...args: A) => R) => {
  return (...args: A): R => {
    if (++operations === Number(operation)) die();
    return work(...args);
  };
};
const files: Files = {
  ...systemFiles,
  open: countDown(systemFiles.open),
  write: countDown(systemFiles.write),
  read: countDown(systemFiles.read),
  sync: countDown(systemFiles.sync),
};

await client.update("vips", source(), {
  window: 40,
  maxIdsPerRequest: 10,
  spill: createDirectory(`${file}.spill`, files),
  resumeFrom,
  onProgress({ checkpoint }) {
    writeFileSync(`${file}.new`, JSON.stringify(checkpoint));
    renameSync(`${file}.new`, file);
  },
});
