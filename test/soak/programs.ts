// What the programs of a soak do, each with an audience of its own, until it is over. Each resolves to the calls that its
// audience must look like, drawn again: so nothing has to be remembered meanwhile.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AudienceAction,
  type AudienceClient,
  AudienceExistsError,
  type AudienceMember,
  UpdateError,
  type UpdateOptions,
} from "batch-audiences";
import { mirror } from "batch-audiences/mirror";
import { directory } from "batch-audiences/node";
import { drawActions } from "../support/actions.ts";
import type { AudienceCall } from "../support/oracle.ts";
import { integer, type Random } from "../support/random.ts";
import type { World } from "./world.ts";

export interface Place {
  world: World;
  client: AudienceClient;
  audience: string;
  /** Of the program among all. */
  number: number;
}

export type Program = (place: Place) => Promise<Iterable<AudienceCall>>;

type Draw = (random: Random) => Iterable<AudienceAction>;

/** Calls of `update`, one after the other. */
async function updates(
  place: Place,
  kind: "short update" | "long input",
  options: UpdateOptions,
  draw: Draw,
): Promise<Iterable<AudienceCall>> {
  const { world, audience, number } = place;
  const actionsOf = (round: number) => draw(world.randomOf(number, round));
  let rounds = 0;
  for (; !world.isOver; rounds++) {
    const random = world.randomOf(number, -1 - rounds);
    const report = await updateThrough(place, random, kind, options, () => actionsOf(rounds));
    world.add(kind, report);
  }
  return callsOf(rounds, (round) => [{ call: "update", audience, actions: actionsOf(round) }]);
}

/** One that is aborted now and then, and then goes on in one of the two documented ways. */
function updateThrough(
  { world, client, audience }: Place,
  random: Random,
  kind: "short update" | "long input",
  options: UpdateOptions,
  actions: () => Iterable<AudienceAction>,
) {
  const { signal } = world.shared;
  return world.interrupted(
    random,
    (signal) => client.update(audience, actions(), { ...options, signal }),
    async (error) => {
      if (!(error instanceof UpdateError)) throw error;
      world.addAborted(kind, error.report);
      const { checkpoint, received } = error.report;
      if (random() < 0.5) {
        return client.update(audience, actions(), { ...options, signal, resumeFrom: checkpoint });
      }
      const rest = [...error.undelivered, ...[...actions()].slice(received)];
      return client.update(audience, rest, { ...options, signal });
    },
  );
}

export const shortUpdates: Program = (place) =>
  updates(place, "short update", { maxIdsPerRequest: 500 }, (random) =>
    drawActions(random, 1 + integer(random, 1_999), 5_000),
  );

export const longInputs: Program = (place) => {
  const spill = directory(join(place.world.folder, `${place.audience}-spill`));
  const options = { window: 2_000, maxIdsPerRequest: 1_000, spill };
  return updates(place, "long input", options, (random) =>
    drawActions(random, 3_000 + integer(random, 17_000), 10_000),
  );
};

const QUEUE_PAUSE_MS = 250;
const QUEUE_RECORDS = 25;

/** A source that does not end before the soak does. */
export const endless: Program = async ({ world, client, audience, number }) => {
  let given = 0;
  const recordsOf = () => drawActions(world.randomOf(number, 0), Number.POSITIVE_INFINITY, 5_000);
  async function* queue() {
    for (const action of recordsOf()) {
      if (given++ % QUEUE_RECORDS === 0) await sleep(QUEUE_PAUSE_MS);
      yield action;
      if (world.isOver) return;
    }
  }
  const options = { flushAfterMs: 1_000, signal: world.shared.signal };
  world.add("endless", await client.update(audience, queue(), options));
  const actions = drawActions(world.randomOf(number, 0), given, 5_000);
  return [{ call: "update", audience, actions }];
};

/** A few thousand members. From round to round, one in ten changes, some leave and others come. */
function* membersOf(round: number): Generator<AudienceMember> {
  for (let member = 0; member < 5_000; member++) {
    if ((member + round) % 20 === 0) continue;
    yield { id: `member-${member}`, attributes: { version: Math.floor((member + round) / 10) } };
  }
}

export const mirrors: Program = async ({ world, client, audience, number }) => {
  const state = directory(join(world.folder, `${audience}-state`));
  const run = (round: number, signal: AbortSignal) =>
    mirror(client, audience, membersOf(round), {
      state,
      baseline: "empty",
      maxRemoved: "100%",
      maxIdsPerRequest: 100,
      signal,
    });
  let round = 0;
  for (let isLast = false; !isLast; round++) {
    isLast = world.isOver;
    const random = world.randomOf(number, round);
    const report = await world.interrupted(
      random,
      (signal) => run(round, signal),
      async (error) => {
        world.addAborted("mirror", error instanceof UpdateError ? error.report : undefined);
        // With a newer list.
        return run(++round, world.shared.signal);
      },
    );
    world.add("mirror", report);
    // It is not known while a request without a token is indexed.
    const { expectedIds, actualIds = expectedIds } = report;
    if (actualIds !== expectedIds) world.wrong.push(`${audience} has ${actualIds} ids, not ${expectedIds}`);
  }
  return [{ call: "replace", audience, members: membersOf(round - 1) }];
};

/** Creates an audience, replaces it, finds it in the list, and now and then deletes it. */
export const audienceCalls: Program = async ({ world, client, audience, number }) => {
  const options = { maxIdsPerRequest: 100, signal: world.shared.signal };
  const drawnOf = (round: number) => {
    const random = world.randomOf(number, round);
    const actions = [...drawActions(random, 1 + integer(random, 99), 200)];
    const members = Array.from({ length: 1 + integer(random, 249) }, (_, at) => ({ id: `id-${at}` }));
    return { actions, members, isDeleted: random() < 0.2 };
  };
  let rounds = 0;
  for (; !world.isOver; rounds++) {
    const { actions, members, isDeleted } = drawnOf(rounds);
    await client.create(audience, { signal: options.signal }).catch((error: unknown) => {
      if (!(error instanceof AudienceExistsError)) throw error;
    });
    world.add("short update", await client.update(audience, actions, options));
    world.add("replace", await client.replace(audience, members, options));
    const names: (string | undefined)[] = [];
    for await (const { name } of client.list()) names.push(name);
    if (!names.includes(audience)) world.wrong.push(`${audience} is not in the list`);
    if (isDeleted) await client.delete(audience);
  }
  return callsOf(rounds, (round) => {
    const { actions, members, isDeleted } = drawnOf(round);
    return [
      { call: "create", audience },
      { call: "update", audience, actions },
      { call: "replace", audience, members },
      ...(isDeleted ? [{ call: "delete" as const, audience }] : []),
    ];
  });
};

function* callsOf(rounds: number, draw: (round: number) => AudienceCall[]): Generator<AudienceCall> {
  for (let round = 0; round < rounds; round++) yield* draw(round);
}
