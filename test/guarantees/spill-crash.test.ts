import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { evenly, PASSING_FAULTS } from "../../src/testing/index.ts";
import type { Checkpoint } from "../../src/update/report.ts";
import { randomActions } from "../support/actions.ts";
import { buildProgram } from "../support/build-program.ts";
import { turns } from "../support/event-loop.ts";
import { startFakeBatch } from "../support/fake-server.ts";
import { problems } from "../support/oracle.ts";
import { createRandom, integer, pick } from "../support/random.ts";

/** `SPILL_KILLS=100 npx vitest run --no-typecheck test/guarantees/spill-crash.test.ts` takes three minutes. */
const KILLS = Number(process.env.SPILL_KILLS ?? 12);
const KILLS_PER_RUN = 6;
const ACTIONS = 1200;

let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "spill-crash-"));
  program = await buildProgram("test/guarantees/spill-crash-child.ts", folder);
});

afterAll(() => rmSync(folder, { recursive: true }));

it(`a process that spills, killed ${KILLS} times while it reads and while it sends, ends in the oracle's state (G6)`, {
  timeout: 1_200_000,
}, async () => {
  const found: Killed[] = [];
  for (let seed = 1; found.length < KILLS; seed++) {
    const { killed, wrong, left } = await run(seed, Math.min(KILLS_PER_RUN, KILLS - found.length));
    expect(wrong, `seed ${seed}`).toEqual([]);
    expect(left, `seed ${seed}`).toBe(false);
    found.push(...killed);
  }
  expect(new Set(found)).toEqual(new Set(["reading", "sending"]));
});

/** In which phase it was. */
type Killed = "reading" | "sending";

async function run(seed: number, kills: number) {
  const random = createRandom(seed);
  const file = join(folder, `checkpoint-${seed}.json`);
  let child: ChildProcess | undefined;
  let requestsLeft = Infinity;
  const killed: Killed[] = [];
  const readCheckpoint = () =>
    existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Checkpoint) : undefined;

  async function kill(victim: ChildProcess | undefined, after: number): Promise<void> {
    await turns(after);
    victim?.kill("SIGKILL");
  }

  const fake = await startFakeBatch({
    seed,
    indexLag: { requests: 20 },
    faults: { ...evenly(0.15, PASSING_FAULTS), hang: 0 },
    retryAfter: "1",
    latencyMs: (random) => integer(random, 3),
    onRequest() {
      if (--requestsLeft === 0) void kill(child, integer(random, 6));
    },
  });
  try {
    for (;;) {
      const moment =
        killed.length < kills ? momentOf(random) : { record: -1, operation: -1, request: Infinity };
      requestsLeft = moment.request;
      const args = [program, fake.url, file, seed, ACTIONS, moment.record, moment.operation].map(String);
      child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
      let complaint = "";
      child.stderr?.on("data", (chunk: Buffer) => {
        complaint += chunk.toString();
      });
      const [code, signal] = await once(child, "close");
      while (fake.requests.some(({ endedAt }) => endedAt === undefined)) await new Promise(setImmediate);
      if (code === 0) break;
      if (signal !== "SIGKILL") throw new Error(`The program ended by itself with ${code}: ${complaint}`);
      killed.push(readCheckpoint()?.spilled === undefined ? "reading" : "sending");
    }
    const wrong = problems(fake, { vips: randomActions(createRandom(seed), ACTIONS, ACTIONS / 3) });
    return { killed, wrong, left: existsSync(`${file}.spill`) };
  } finally {
    await fake.close();
  }
}

/** While it reads, at an operation on its files, or at a request. What does not come to pass does not kill. */
function momentOf(random: () => number) {
  const never = { record: -1, operation: -1, request: Infinity };
  return pick(random, [
    { ...never, record: integer(random, ACTIONS - 1) },
    { ...never, operation: 1 + integer(random, 600) },
    { ...never, request: 1 + integer(random, 40) },
  ]);
}
