// The rate that the server allows, as a token bucket.

export interface BucketOptions {
  ratePerSecond: number;
  /** How many requests an idle client may start at once. */
  burst: number;
}

/** Returns whether a request that starts at `now` (in milliseconds) is allowed. */
export function createBucket({ ratePerSecond, burst }: BucketOptions): (now: number) => boolean {
  let level = burst;
  let before: number | undefined;
  return (now) => {
    level = Math.min(burst, level + ((now - (before ?? now)) * ratePerSecond) / 1000);
    before = now;
    // A client at exactly the allowed rate must not be refused because of a rounding error.
    if (level < 1 - 1e-9) return false;
    level -= 1;
    return true;
  };
}
