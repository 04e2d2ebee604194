// What all peers share: one request to the API, no sooner than an interval after the one before.

import { setTimeout as sleep } from "node:timers/promises";

/** The most the API takes in one request. */
export const IDS_PER_REQUEST = 10_000;

/** Returns a function that posts actions and gives the `Response`, read to its end. */
export function createPost({ baseUrl, audience, intervalMs }) {
  let nextTurn = 0;
  return async (ids) => {
    const now = performance.now();
    const turn = Math.max(now, nextTurn);
    nextTurn = turn + intervalMs;
    if (turn > now) await sleep(turn - now);
    const response = await fetch(`${baseUrl}/audiences/update`, {
      method: "POST",
      headers: {
        Authorization: "Bearer rest-key",
        "X-Batch-Project": "project-key",
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ name: audience, ids }),
      signal: AbortSignal.timeout(60_000),
    });
    return { ok: response.ok, status: response.status, text: await response.text() };
  };
}

/** The last action of each id. */
export async function lastActions(source, counts) {
  const last = new Map();
  for await (const action of source) last.set(action.id, action);
  counts.superseded = counts.received - last.size;
  return [...last.values()];
}

export function* slices(list, size = IDS_PER_REQUEST) {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size);
}
