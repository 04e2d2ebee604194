// An audience on a fake, the state of its mirror, and runs on them, each by a client of its own.

import type { AudienceMember } from "../../src/actions/action.ts";
import { type AudienceClient, createAudienceClient } from "../../src/client.ts";
import { type MirrorOptions, type MirrorReport, mirror, type SnapshotStore } from "../../src/mirror/index.ts";
import type { AudienceClientOptions } from "../../src/options.ts";
import {
  createFakeBatch,
  type FakeBatch,
  type FakeBatchOptions,
  memorySnapshotStore,
  type RequestEntry,
} from "../../src/testing/index.ts";
import { Mortal } from "./mortal.ts";

export interface Mirrored {
  fake: FakeBatch;
  client(options?: Partial<AudienceClientOptions>): AudienceClient;
  state: SnapshotStore;
  /** Without a limit of removals, and with "empty" as the baseline. */
  run(members: Iterable<unknown>, options?: Partial<MirrorOptions>): Promise<MirrorReport>;
  /** The same, by a process that is killed once the API has carried out its first request. */
  killed(members: Iterable<unknown>, options?: Partial<MirrorOptions>): Promise<void>;
  /** What is on the audience once all is applied. */
  content(): Promise<Record<string, unknown>>;
  /** The requests that write. */
  sent(): RequestEntry[];
}

export function mirrored(options: FakeBatchOptions = {}, state = memorySnapshotStore()): Mirrored {
  const fake = createFakeBatch({ requestsPerSecond: Number.POSITIVE_INFINITY, ...options });
  const { fetch, runtime } = fake;
  const keys = { restKey: "rest", projectKey: "project", requestsPerSecond: Number.POSITIVE_INFINITY };
  const client = (more = {}) => createAudienceClient({ ...keys, fetch, runtime, ...more });
  return {
    fake,
    client,
    state,
    run: (members, more) =>
      mirror(client(), "vips", members as AudienceMember[], {
        state,
        baseline: "empty",
        maxRemoved: "100%",
        ...more,
      }),
    async killed(members, more) {
      const process = new Mortal();
      const last = async (request: Request) => {
        const response = await fetch(request);
        if (request.method === "POST") process.kill();
        return response;
      };
      const options = {
        state: process.store(state),
        baseline: "empty",
        maxRemoved: "100%",
        ...more,
      } as const;
      const ended = mirror(
        client({ fetch: process.fetch(last) }),
        "vips",
        members as AudienceMember[],
        options,
      );
      await Promise.race([ended, process.died]);
    },
    async content() {
      await fake.settled();
      return Object.fromEntries(fake.audience("vips").members);
    },
    sent: () => fake.requests.filter(({ route }) => route.startsWith("POST")),
  };
}

export const members = (...ids: string[]): AudienceMember[] => ids.map((id) => ({ id }));

/** `count` members with the ids `id-0`, `id-1`, … */
export const manyMembers = (count: number, from = 0): AudienceMember[] =>
  members(...Array.from({ length: count }, (_, at) => `id-${from + at}`));
