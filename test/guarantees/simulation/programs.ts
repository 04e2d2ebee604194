// What programs do, and when they are killed or stopped and come back: with a checkpoint, with the state of a mirror, or with
// what is on the disk.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AudienceMember } from "../../../src/actions/action.ts";
import { mirror } from "../../../src/mirror/index.ts";
import { createDirectory } from "../../../src/node/directory.ts";
import { type FakeBatch, memorySnapshotStore } from "../../../src/testing/index.ts";
import type { Checkpoint } from "../../../src/update/report.ts";
import { UpdateError } from "../../../src/update/update-error.ts";
import { randomActions } from "../../support/actions.ts";
import { turns } from "../../support/event-loop.ts";
import { instantDisk, instantFiles } from "../../support/instant-disk.ts";
import { Mortal } from "../../support/mortal.ts";
import { type AudienceCall, imbalance, oracle, problemsAfter } from "../../support/oracle.ts";
import { integer, type Random } from "../../support/random.ts";
import { isExpected, perform, randomCall } from "../audience-calls.ts";
import { mortal, type Program, wrongIn } from "./world.ts";

/** Processes that read one source, and are killed: each begins at the last checkpoint of the one before. */
export const updates: Program = async ({ random, fake, client, count }, audience) => {
  const actions = randomActions(random, integer(random, 40), 5 + integer(random, 20));
  const options = { window: 3 + integer(random, 20), maxIdsPerRequest: 1 + integer(random, 7) };
  let checkpoint: Checkpoint = { records: 0 };
  for (let deaths = integer(random, 3); ; deaths--) {
    const process = mortal(random, deaths > 0, 15);
    const onProgress = (progress: { checkpoint: Checkpoint }) => {
      if (!process.isDead) checkpoint = JSON.parse(JSON.stringify(progress.checkpoint)) as Checkpoint;
    };
    if (checkpoint.records > 0) count("update resumed from a checkpoint");
    const run = client(process).update(audience, actions, { ...options, resumeFrom: checkpoint, onProgress });
    const report = await Promise.race([run, process.died]);
    if (report !== "died") {
      const balance = imbalance(report) === 0 ? [] : [`${audience}: a report that does not balance`];
      return [...balance, ...(await wrongIn(fake, audience, oracle(actions)))];
    }
    count("update killed");
    await turns(5);
  }
};

/** Processes that mirror one list after the other, and are killed. */
export const lists: Program = async ({ random, fake, client, count }, audience) => {
  const state = memorySnapshotStore();
  const options = { baseline: "empty", maxRemoved: "100%", allowEmpty: true } as const;
  let list: AudienceMember[] = [];
  for (let runs = 1 + integer(random, 3); runs >= 0; runs--) {
    list = randomMembers(random);
    const process = mortal(random, runs > 0 && random() < 0.9, 30);
    const ended = mirror(client(process), audience, list, {
      ...options,
      state: process.store(state),
      maxIdsPerRequest: 1 + integer(random, 2),
      reassert: random() < 0.1,
      wait: random() < 0.5,
    });
    const died = (await Promise.race([ended, process.died])) === "died";
    await turns(5);
    if (!died) continue;
    count("mirror killed");
    const { head = "", close } = await state.open();
    await close();
    if (head.includes('"plan":')) count("mirror that left a plan");
  }
  return wrongIn(fake, audience, oracle(list.map((member) => ({ ...member, action: "add" as const }))));
};

/** Calls of every kind for two audiences, all made at once. */
export const calls: Program = async ({ random, fake, client, count }) => {
  const process = new Mortal();
  const caller = client(process);
  const made: AudienceCall[] = [];
  for (const audience of ["one", "two"]) {
    made.push({ call: "create", audience });
    for (let more = integer(random, 3); more > 0; more--) made.push(randomCall(random, audience));
  }
  const ended = await Promise.allSettled(made.map((call) => perform(caller, call)));
  const rejected = ended.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  for (const { call } of made) count(`${call} among others`);
  const unexpected = rejected.filter((error) => !isExpected(error)).map(String);
  const ours = (name: string) => name === "one" || name === "two";
  return [...unexpected, ...problemsAfter(onlyThose(fake, ours), made)];
};

/** A process that spills and is stopped, and takes up what is on the disk when it comes back. */
export const spills: Program = async ({ random, fake, client, count }, audience) => {
  const actions = randomActions(random, integer(random, 50), 10 + integer(random, 25));
  const path = mkdtempSync(join(tmpdir(), "simulation-"));
  const options = { window: 3 + integer(random, 15), maxIdsPerRequest: 1 + integer(random, 9) };
  let resumeFrom: Checkpoint | undefined;
  try {
    for (let stops = integer(random, 3); ; stops--) {
      const stop = new AbortController();
      let left = stops > 0 ? integer(random, 12) : Number.POSITIVE_INFINITY;
      const onProgress = () => {
        if (left-- <= 0) stop.abort(new Error("stopped"));
      };
      const spill = createDirectory(join(path, "spill"), instantFiles, instantDisk);
      if (resumeFrom?.spilled !== undefined) count("update resumed from a spill");
      const run = client(new Mortal()).update(audience, actions, {
        ...options,
        spill,
        resumeFrom,
        onProgress,
        signal: stop.signal,
      });
      const error = await run.then(() => undefined).catch((error: unknown) => error);
      if (error === undefined) return await wrongIn(fake, audience, oracle(actions));
      if (!(error instanceof UpdateError && stop.signal.aborted)) return [`${audience}: ${error}`];
      count("update with a spill stopped");
      resumeFrom = error.report.checkpoint;
      await turns(5);
    }
  } finally {
    rmSync(path, { recursive: true });
  }
};

function randomMembers(random: Random): AudienceMember[] {
  const ids = Array.from({ length: integer(random, 8) }, () => `id-${integer(random, 8)}`);
  return ids.map((id) => ({ id, attributes: { v: integer(random, 2) } }));
}

function onlyThose(fake: FakeBatch, isOurs: (name: string) => boolean) {
  const audiences = () => new Map([...fake.audiences()].filter(([name]) => isOurs(name)));
  return { audience: fake.audience, audiences, settled: fake.settled, violations: [] };
}
