// The chunked helper of algoliasearch over a requester that speaks the Audience API. It takes one kind of action at a time,
// so the adds go first and then the removes; from a Map, as the order of the two would otherwise be lost.

import { algoliasearch } from "algoliasearch";
import { createPost, IDS_PER_REQUEST, lastActions } from "./post.mjs";

export async function deliver(source, target, counts) {
  const post = createPost(target);
  const client = algoliasearch("application", "key", {
    requester: { send: ({ data }) => send(post, JSON.parse(data)) },
    // Four hosts, as the real service has: each is tried once.
    hosts: ["a", "b", "c", "d"].map((url) => ({ url, accept: "readWrite", protocol: "https" })),
  });
  const last = await lastActions(source, counts);
  for (const [kind, action] of [
    ["add", "addObject"],
    ["remove", "deleteObject"],
  ]) {
    const objects = last
      .filter(({ action }) => action === kind)
      .map(({ id, attributes }) => ({ objectID: id, ...attributes }));
    await client.chunkedBatch({ indexName: target.audience, objects, action, batchSize: IDS_PER_REQUEST });
    counts.delivered += objects.length;
  }
}

async function send(post, { requests }) {
  const ids = requests.map(({ action, body: { objectID: id, ...attributes } }) =>
    action === "addObject" ? { action: "add", id, attributes } : { action: "remove", id },
  );
  try {
    const { status } = await post(ids);
    return { status, content: JSON.stringify({ taskID: 1, objectIDs: [] }), isTimedOut: false };
  } catch {
    return { status: 0, content: "", isTimedOut: false };
  }
}
