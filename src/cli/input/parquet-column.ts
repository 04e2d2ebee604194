import { isUtf8 } from "node:buffer";
import type { ParquetParsers } from "hyparquet";

/** Bytes that are no text stay bytes. A replacement character would make one id of many. */
export const TEXT_PARSERS: Partial<ParquetParsers> = {
  stringFromBytes: (bytes) => textOrBytes(bytes),
  jsonFromBytes(bytes) {
    const text = textOrBytes(bytes);
    return typeof text === "string" ? JSON.parse(text) : text;
  },
};

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** In damaged files, bytes are missing. */
function textOrBytes(bytes: Uint8Array | undefined): string | Uint8Array | undefined {
  return bytes !== undefined && isUtf8(bytes) ? decoder.decode(bytes) : bytes;
}
