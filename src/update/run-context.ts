import type { Runtime } from "../runtime.ts";
import type { Transport } from "../transport/transport.ts";
import type { Turn } from "./audience-turns.ts";

/** What a run works with, besides its source and its options. */
export interface RunContext {
  transport: Transport;
  runtime: Runtime;
  turn: Turn;
  /** Where requests go. */
  destination: { baseUrl: string; projectKey: string };
  /** For `replace`: the first request replaces all that is on the audience. */
  replace?: { allowEmpty: boolean } | undefined;
}
