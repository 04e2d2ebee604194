// Real processes that mirror lists into a folder and are killed; after each, a newer list is mirrored.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAudienceClient } from "../../src/client.ts";
import { mirror } from "../../src/mirror/index.ts";
import { SnapshotDirectory } from "../../src/node/snapshot-directory.ts";
import { evenly, PASSING_FAULTS } from "../../src/testing/index.ts";
import { buildProgram } from "../support/build-program.ts";
import { FAST, fastRuntime } from "../support/environment.ts";
import { type FakeBatchServer, startFakeBatch } from "../support/fake-server.ts";
import { differences, oracle } from "../support/oracle.ts";
import { createRandom, integer, pick } from "../support/random.ts";
import { randomMembers } from "./mirror-list.ts";

/** How many operations a run of such a list has, at the least. */
const STAGES = { reading: 200, disk: 55, sending: 150 };

export interface Kills {
  /** How many processes were killed in each stage. */
  killed: Record<keyof typeof STAGES, number>;
  /** What went wrong, in words. */
  wrong: string[];
}

export const buildMirrorChild = (folder: string): Promise<string> =>
  buildProgram("test/guarantees/mirror-child.ts", folder);

export async function killMirrors(program: string, kills: number, seed: number): Promise<Kills> {
  const random = createRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), "mirror-kills-"));
  const fake = await startFakeBatch({
    seed,
    indexLag: { requests: 20 },
    faults: { ...evenly(0.1, PASSING_FAULTS), hang: 0 },
    retryAfter: "1",
    latencyMs: (random) => integer(random, 3),
  });
  const killed = { reading: 0, disk: 0, sending: 0 };
  const wrong: string[] = [];
  try {
    // A run that ends before its moment comes is no kill.
    for (let kill = 0; killed.reading + killed.disk + killed.sending < kills; kill++) {
      const stage = pick(random, ["reading", "disk", "sending"] as const);
      const at = integer(random, STAGES[stage]);
      const child = spawn(process.execPath, [program, fake.url, folder, `${2 * kill}`, stage, `${at}`]);
      const complaints = child.stderr.toArray();
      const [code, signal] = await once(child, "close");
      if (signal === "SIGKILL") killed[stage]++;
      else if (code !== 0) wrong.push(`kill ${kill} ended with ${code}: ${(await complaints).join("")}`);
      // Whatever had reached the server is taken in first: what a network holds back for longer, no client can undo.
      while (fake.requests.some(({ endedAt }) => endedAt === undefined)) await new Promise(setImmediate);
      const found = await mirrorNewer(fake, folder, 2 * kill + 1);
      wrong.push(...found.map((text) => `after kill ${kill} (${stage} ${at}): ${text}`));
    }
    wrong.push(...fake.violations.map((violation) => JSON.stringify(violation)));
    return { killed, wrong };
  } finally {
    await fake.close();
    rmSync(folder, { recursive: true });
  }
}

async function mirrorNewer(fake: FakeBatchServer, folder: string, list: number): Promise<string[]> {
  const retry = { ...FAST.retry, retries: 100 };
  const client = createAudienceClient({ ...FAST, baseUrl: fake.url, retry, runtime: fastRuntime(list) });
  const members = randomMembers(list);
  const options = { state: new SnapshotDirectory(folder), baseline: "empty", maxRemoved: "100%" } as const;
  const report = await mirror(client, "vips", members, { ...options, maxIdsPerRequest: 20 });
  await fake.settled();
  const expected = oracle(members.map((member) => ({ ...member, action: "add" as const })));
  const { expectedIds, actualIds, applied } = report;
  // It is not known while a request is indexed whose token was lost.
  const { size } = expected;
  const count = expectedIds === size && (actualIds === undefined ? !applied : actualIds === size);
  return [
    ...differences(fake.audience("vips").members, expected, 3),
    ...(count ? [] : [`expected ${expectedIds}, counted ${actualIds}, of ${size} ids`]),
  ];
}
