// The same with p-limit and p-retry: four at a time, each repeated up to five times with a pause that doubles.

import pLimit from "p-limit";
import pRetry, { AbortError } from "p-retry";
import { createPost, lastActions, slices } from "./post.mjs";

export async function deliver(source, target, counts) {
  const post = createPost(target);
  const limit = pLimit(4);

  async function attempt(ids) {
    const { ok, status } = await post(ids);
    if (ok) return;
    const error = new Error(`the API answered ${status}`);
    throw status === 429 || status === 408 || status >= 500 ? error : new AbortError(error);
  }

  const tasks = [...slices(await lastActions(source, counts))].map((ids) =>
    limit(async () => {
      try {
        const { intervalMs } = target;
        await pRetry(() => attempt(ids), {
          retries: 5,
          minTimeout: intervalMs,
          maxTimeout: 30 * intervalMs,
          randomize: true,
        });
        counts.delivered += ids.length;
      } catch {
        counts.failed += ids.length;
      }
    }),
  );
  await Promise.all(tasks);
}
