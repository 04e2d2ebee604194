import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Start, Verified, Verify } from "./measured/server.ts";

export interface Server {
  url: string;
  /** What it has counted; with `count` 0 the audience is left unread. */
  verify(expected: Verify): Promise<Verified>;
  close(): void;
}

/** The simulator, in a process of its own. */
export async function startServer(start: Start): Promise<Server> {
  const path = fileURLToPath(new URL("measured/server.ts", import.meta.url));
  const child = fork(path, { execArgv: ["--import", "tsx"] });
  const ended = once(child, "exit").then(([code]) =>
    Promise.reject(new Error(`the simulator ended: ${code}`)),
  );
  ended.catch(() => {});
  const answer = async <T>(message: Start | Verify): Promise<T> => {
    child.send(message);
    const [answered] = (await Promise.race([once(child, "message"), ended])) as [T];
    return answered;
  };
  return {
    url: await answer<string>(start),
    verify: (expected) => answer<Verified>(expected),
    close: () => {
      child.disconnect();
    },
  };
}
