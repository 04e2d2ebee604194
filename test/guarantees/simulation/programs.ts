// What programs do, and when they are killed or stopped and come back: with a checkpoint, with the state of a mirror, or with
// what is on the disk.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AudienceMember } from "../../../src/actions/action.ts";
import { mirror } from "../../../src/mirror/index.ts";
import { createDirectory } from "../../../src/node/directory.ts";
import type { Files } from "../../../src/node/files.ts";
import { type FakeBatch, memorySnapshotStore } from "../../../src/testing/index.ts";
import type { Checkpoint } from "../../../src/update/report.ts";
import { UpdateError } from "../../../src/update/update-error.ts";
import { randomActions } from "../../support/actions.ts";
import { instantDisk, instantFiles } from "../../support/instant-disk.ts";
import { Mortal } from "../../support/mortal.ts";
import { type AudienceCall, imbalance, oracle, problemsAfter } from "../../support/oracle.ts";
import { integer, type Random } from "../../support/random.ts";
import { isExpected, perform, randomCall } from "../audience-calls.ts";
import { mortal, type Program, pause, wrongIn } from "./world.ts";

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
    await pause(fake, random);
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
    await pause(fake, random);
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

/** Processes that spill, and are stopped or killed: each takes up what is on the disk. */
export const spills: Program = async ({ random, fake, client, count }, audience) => {
  const actions = randomActions(random, integer(random, 50), 10 + integer(random, 25));
  const path = mkdtempSync(join(tmpdir(), "simulation-"));
  const options = { window: 3 + integer(random, 15), maxIdsPerRequest: 1 + integer(random, 9) };
  let resumeFrom: Checkpoint = { records: 0 };
  try {
    for (let ends = integer(random, 3); ; ends--) {
      const process = mortal(random, ends > 0 && random() < 0.5, 12);
      const stop = new AbortController();
      let left = ends > 0 ? integer(random, 12) : Number.POSITIVE_INFINITY;
      const onProgress = ({ checkpoint }: { checkpoint: Checkpoint }) => {
        if (process.isDead) return;
        resumeFrom = JSON.parse(JSON.stringify(checkpoint)) as Checkpoint;
        if (left-- <= 0) stop.abort(new Error("stopped"));
      };
      if (resumeFrom.spilled !== undefined) count("update resumed from a spill");
      const { files, die } = filesOf(path);
      const spill = createDirectory(path, files, instantDisk);
      const { signal } = stop;
      const run = client(process).update(audience, actions, {
        ...options,
        spill,
        resumeFrom,
        onProgress,
        signal,
      });
      const end = await Promise.race([run.catch((error: unknown) => error), process.died]);
      await pause(fake, random);
      if (end === "died") die();
      else if (!(end instanceof Error)) return await wrongIn(fake, audience, oracle(actions));
      else if (end instanceof UpdateError && signal.aborted) resumeFrom = end.report.checkpoint;
      else return [`${audience}: ${end}`];
      count(end === "died" ? "update with a spill killed" : "update with a spill stopped");
    }
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
};

/** Those of a process. When it dies, the system closes them, and the next process finds that nobody holds the lock any more. */
function filesOf(folder: string): { files: Files; die: () => void } {
  const opened = new Set<number>();
  const files: Files = {
    ...instantFiles,
    open(...args) {
      const file = instantFiles.open(...args);
      opened.add(file);
      return file;
    },
    close(file) {
      if (opened.delete(file)) instantFiles.close(file);
    },
  };
  const die = () => {
    for (const file of opened) files.close(file);
    rmSync(join(folder, "lock"), { force: true });
  };
  return { files, die };
}

function randomMembers(random: Random): AudienceMember[] {
  const ids = Array.from({ length: integer(random, 8) }, () => `id-${integer(random, 8)}`);
  return ids.map((id) => ({ id, attributes: { v: integer(random, 2) } }));
}

function onlyThose(fake: FakeBatch, isOurs: (name: string) => boolean) {
  const audiences = () => new Map([...fake.audiences()].filter(([name]) => isOurs(name)));
  return { audience: fake.audience, audiences, settled: fake.settled, violations: [] };
}
