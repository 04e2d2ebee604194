import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Attributes, Counts, Violation } from "batch-audiences/testing";

/** What the server has seen, and what its audiences hold once all is applied. */
export interface Seen {
  counts: Counts;
  violations: Violation[];
  audiences: [name: string, members: [id: string, attributes: Attributes][]][];
  cpuMs: number;
}

interface ServerProcess {
  url: string;
  seen(): Promise<Seen>;
  close(): void;
}

export async function startServerProcess(seed: number, audiences: readonly string[]): Promise<ServerProcess> {
  const path = fileURLToPath(new URL("soak-server.ts", import.meta.url));
  const child = fork(path, [`${seed}`, ...audiences], { execArgv: ["--import", "tsx"] });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the server has ended with ${code}`);
  });
  ended.catch(() => {});
  const answer = async <T>(): Promise<T> => {
    const [answered] = (await Promise.race([once(child, "message"), ended])) as [T];
    return answered;
  };
  return {
    url: await answer<string>(),
    seen() {
      child.send("seen");
      return answer<Seen>();
    },
    close: () => child.disconnect(),
  };
}
