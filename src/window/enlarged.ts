/** A longer copy of an array, filled up with zeros. */
export function enlarged<T extends Uint8Array | Uint32Array | Float64Array>(from: T, length: number): T {
  const larger = new (from.constructor as new (length: number) => T)(length);
  larger.set(from);
  return larger;
}
