// Calls of every kind for an audience: create, update, replace and delete.

import type { AudienceClient } from "../../src/client.ts";
import { ApiError, AudienceExistsError } from "../../src/errors.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { randomActions } from "../support/actions.ts";
import type { AudienceCall } from "../support/oracle.ts";
import { integer, pick, type Random } from "../support/random.ts";

export function randomCall(random: Random, audience: string): AudienceCall {
  const actions = randomActions(random, 1 + integer(random, 12), 15);
  const members = actions.map(({ id }) => ({ id, attributes: { n: integer(random, 9) } }));
  return pick<AudienceCall>(random, [
    { call: "create", audience },
    { call: "update", audience, actions },
    { call: "update", audience, actions },
    { call: "replace", audience, members },
    { call: "delete", audience },
  ]);
}

export async function perform(client: AudienceClient, call: AudienceCall): Promise<unknown> {
  const options = { window: 7, maxIdsPerRequest: 3 };
  switch (call.call) {
    case "create":
      return client.create(call.audience);
    case "delete":
      return client.delete(call.audience);
    case "update":
      return client.update(call.audience, call.actions as never, options);
    case "replace":
      return client.replace(call.audience, call.members as never, options);
  }
}

/** What a call may reject with: the audience is there already, or is not there. */
export function isExpected(error: unknown): boolean {
  const cause = error instanceof UpdateError ? error.cause : error;
  return cause instanceof AudienceExistsError || (cause instanceof ApiError && cause.status === 404);
}
