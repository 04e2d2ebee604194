// What a transport hands over of each request.

import type { Header } from "./rules.ts";

/** A request whose headers have arrived. */
export interface Incoming {
  method: string;
  /** With or without its origin. */
  url: string;
  header: Header;
  /** All of them; names in lower case. */
  headers: () => Iterable<readonly [name: string, value: string]>;
  /** An address that is none of the API's, on another origin, for redirects. */
  elsewhere: string;
  /** Aborted when the client has given the request up. */
  signal: AbortSignal;
  /** The whole body, or `undefined` when the connection ended before the body did. */
  read(options: ReadOptions): Promise<Body | undefined>;
}

export interface ReadOptions {
  /** Of a larger body only the size is wanted. */
  maxBytes: number;
  /** Whether the server resets the connection while the body is still coming. */
  resetMidway: boolean;
}

export interface Body {
  bytes: number;
  text: string;
}
