// The rate that the server allows, as a token bucket.

interface BucketOptions {
  requestsPerSecond: number;
  /** How many requests an idle client may start at once. */
  burst: number;
}

/** Returns whether a request that starts at `now` (in milliseconds) is allowed. */
export function createBucket({ requestsPerSecond, burst }: BucketOptions): (now: number) => boolean {
  if (requestsPerSecond === Number.POSITIVE_INFINITY) return () => true;
  let level = burst;
  let before: number | undefined;
  return (now) => {
    level = Math.min(burst, level + ((now - (before ?? now)) * requestsPerSecond) / 1000);
    before = now;
    // A client at exactly the allowed rate must not be refused because of a rounding error.
    if (level < 1 - 1e-9) return false;
    level -= 1;
    return true;
  };
}
