// The bulk helper of @elastic/elasticsearch over a connection that speaks the Audience API. The helper streams; it does not
// look for repeated ids. The connection answers as Elasticsearch would: a 429 is told of each record, which the helper
// repeats after its wait; of a 502, 503 or 504 and of a lost connection the client's transport repeats the request at once.

import { BaseConnection, Client, errors } from "@elastic/elasticsearch";
import { createPost, IDS_PER_REQUEST, lastActions } from "./post.mjs";

/** The helper counts bytes, not records. No action is shorter than this, so none of its requests has too many. */
const SHORTEST_ACTION = '{"delete":{"_id":"customer-000000000"}}'.length;

/** `fromMap`: keeps the last action of each id first, since the helper would not. */
export function bulkHelper({ fromMap }) {
  return async (source, target, counts) => {
    const post = createPost(target);
    const client = new Client({
      node: target.baseUrl,
      Connection: class extends BaseConnection {
        request = (params) => request(post, params);
      },
    });
    const run = client.helpers.bulk({
      datasource: fromMap ? await lastActions(source, counts) : asynchronous(source),
      onDocument: ({ action, id, attributes = {} }) =>
        action === "add" ? [{ index: { _id: id } }, attributes] : { delete: { _id: id } },
      flushBytes: IDS_PER_REQUEST * SHORTEST_ACTION,
      concurrency: 4,
      retries: 5,
      wait: 5 * target.intervalMs,
      index: target.audience,
    });
    try {
      await run;
    } finally {
      counts.delivered = run.stats.successful;
      counts.failed = run.stats.failed;
    }
  };
}

/** The helper takes no other generators. */
async function* asynchronous(source) {
  yield* source;
}

async function request(post, { body }) {
  const lines = body
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const ids = [];
  for (let line = 0; line < lines.length; line++) {
    const { index, delete: removed } = lines[line];
    if (removed !== undefined) ids.push({ action: "remove", id: removed._id });
    else ids.push({ action: "add", id: index._id, attributes: lines[++line] });
  }
  let answer;
  try {
    answer = await post(ids);
  } catch (error) {
    throw new errors.ConnectionError(error.message);
  }
  const statusCode = answer.status === 429 ? 200 : answer.status;
  const items = ids.map(({ action, id }) => ({
    [action === "add" ? "index" : "delete"]: { _id: id, status: answer.status },
  }));
  return {
    statusCode,
    headers: { "content-type": "application/json", "x-elastic-product": "Elasticsearch" },
    body: JSON.stringify(answer.ok || answer.status === 429 ? { errors: !answer.ok, items } : {}),
  };
}
