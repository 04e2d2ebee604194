import { ConnectionError } from "../../index.ts";
import type { World } from "../world.ts";
import type { Terminal } from "./terminal.ts";

/** Says why a proxy did not help, where there is one: by itself, Node does not use it. */
export function noteProxy(error: unknown, terminal: Terminal, { env }: World): void {
  const name = ["HTTPS_PROXY", "https_proxy"].find((name) => env[name]);
  if (!(error instanceof ConnectionError) || name === undefined || env.NODE_USE_ENV_PROXY) return;
  terminal.note(
    `${name} is set, but Node uses it only with NODE_USE_ENV_PROXY=1, from Node 22.21 and 24 on.`,
  );
}
