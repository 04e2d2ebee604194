import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

/** The bytes that are gzipped. Throws where some of them cannot be unpacked, as the runtime says, or as it does not say. */
export async function* unpack(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  let bytes = 0;
  /** Where the zero bytes begin at the end of what is read. */
  let paddingAt = 0;

  /** Does not close the chunks if it is closed: the runtime ends at zero bytes, whatever comes behind them. */
  async function* packed(): AsyncGenerator<Buffer> {
    for (;;) {
      const { done, value } = await chunks.next();
      if (done) return;
      const length = lengthBeforePadding(value);
      if (length > 0) paddingAt = bytes + length;
      bytes += value.length;
      yield value;
    }
  }

  try {
    // An error of any part comes out at the end that is read.
    yield* pipeline(packed(), gunzip, () => {});
    for await (const _ of packed());
  } finally {
    void chunks.return(undefined);
  }
  const end = gunzip.bytesWritten;
  if (paddingAt > end) {
    throw new Error(
      `is broken as gzip: behind byte ${end} come zero bytes, and more data that cannot be unpacked; pack the whole text again`,
    );
  }
}

function lengthBeforePadding(bytes: Buffer): number {
  let length = bytes.length;
  while (bytes[length - 1] === 0) length--;
  return length;
}
