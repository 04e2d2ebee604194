import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evenly, PASSING_FAULTS } from "../../src/testing/index.ts";
import { randomActions } from "../support/actions.ts";
import { buildProgram } from "../support/build-program.ts";
import { turns } from "../support/event-loop.ts";
import { startFakeBatch } from "../support/fake-server.ts";
import { problems } from "../support/oracle.ts";
import { createRandom, integer } from "../support/random.ts";

const MAX_KILLS = 8;

let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "crash-"));
  program = await buildProgram("test/guarantees/crash-child.ts", folder);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("a process that is killed at any moment, again and again, and resumed from its last checkpoint", () => {
  it.concurrent.each([1, 2, 3])(
    "ends in the oracle's state, seed %i (G5)",
    { timeout: 240_000 },
    async (seed) => {
      const { kills, resumedFrom, firstRoutes, wrong } = await run(seed);
      expect(wrong).toEqual([]);
      expect(kills).toBeGreaterThan(2);
      // Progress was not lost: the checkpoints lie one after the other, and none of the later ones at the beginning.
      expect(resumedFrom).toEqual(resumedFrom.toSorted((a, b) => a - b));
      expect(resumedFrom.at(-1)).toBeGreaterThan(0);
      // What was on its way is asked for before anything is sent.
      expect(new Set(firstRoutes)).toEqual(new Set(["GET /audiences/view"]));
    },
  );
});

async function run(seed: number) {
  const random = createRandom(seed);
  const file = join(folder, `checkpoint-${seed}.json`);
  let child: ChildProcess | undefined;
  let requestsLeft = Infinity;
  let kills = 0;
  const resumedFrom: number[] = [];
  const firstRoutes: string[] = [];

  async function kill(victim: ChildProcess | undefined, after: number): Promise<void> {
    // In the middle of a request, or while its answer is on its way.
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
      requestsLeft = kills < MAX_KILLS ? 1 + integer(random, 40) : Infinity;
      resumedFrom.push(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).records : 0);
      const first = fake.requests.length;
      child = spawn(process.execPath, [program, fake.url, file, `${seed}`], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let complaint = "";
      child.stderr?.on("data", (chunk: Buffer) => {
        complaint += chunk.toString();
      });
      const [code, signal] = await once(child, "close");
      // Whatever had reached the server is taken in before it is asked again. A request that a network holds back for
      // longer than that is what no client can undo.
      while (fake.requests.some(({ endedAt }) => endedAt === undefined)) await new Promise(setImmediate);
      const route = fake.requests[first]?.route;
      if (route !== undefined) firstRoutes.push(route);
      if (code === 0) break;
      if (signal !== "SIGKILL") throw new Error(`The program ended by itself with ${code}: ${complaint}`);
      kills++;
    }
    const wrong = problems(fake, { vips: randomActions(createRandom(seed), 500, 90) });
    return { kills, resumedFrom, firstRoutes, wrong };
  } finally {
    await fake.close();
  }
}
