/**
 * How many partitions there are, a power of two. At 100 million ids, each has some 98,000, so one fits memory. The number is
 * fixed: a spill, a snapshot and the next snapshot must agree on where an id is.
 */
export const PARTITIONS = 1024;

const PARTITION_BITS = Math.log2(PARTITIONS);

/** The same 32 bits for an id in every process and version: files depend on it. FNV-1a, mixed by the end of MurmurHash3. */
export function hashOfId(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The partition of an id: the top bits of its hash, so that the others spread the ids of one partition. */
export function partitionOf(id: string): number {
  return hashOfId(id) >>> (32 - PARTITION_BITS);
}
