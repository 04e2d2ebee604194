// A Map, slices of it, one fetch after the other. What fails is counted, and the rest goes on.

import { createPost, lastActions, slices } from "./post.mjs";

export async function deliver(source, target, counts) {
  const post = createPost(target);
  for (const ids of slices(await lastActions(source, counts))) {
    try {
      const { ok } = await post(ids);
      if (ok) counts.delivered += ids.length;
      else counts.failed += ids.length;
    } catch {
      counts.failed += ids.length;
    }
  }
}
