import { type AudienceClient, createAudienceClient } from "../index.ts";
import { type Flags, positive } from "./arguments.ts";
import { destinationOf } from "./checkpoint.ts";
import { UsageError } from "./errors.ts";
import { startMock } from "./mock.ts";
import type { Screen } from "./screen.ts";

/** What a command needs of the world. */
export interface World {
  env: NodeJS.ProcessEnv;
  screen: Screen;
  /** Aborted with an `Interruption`. */
  signal: AbortSignal;
  /** Writes to standard output. */
  print(text: string): Promise<void>;
  isInputTerminal: boolean;
}

export interface Connection {
  client: AudienceClient;
  requestsPerSecond: number;
  /** Tells the API and the project apart, without naming either. */
  destination: string;
  close(): void;
}

export async function connect(flags: Flags, { env, screen, signal }: World): Promise<Connection> {
  const { mock, "dry-run": dryRun, "base-url": baseUrl, "api-version": apiVersion } = flags;
  const rate = positive("rate", flags.rate);
  if (!mock) {
    const { restKey, projectKey } = dryRun ? { restKey: "none", projectKey: "none" } : keysOf(env);
    const requestsPerSecond = rate ?? 1;
    const destination = destinationOf(env.BATCH_PROJECT_KEY, baseUrl, apiVersion);
    const client = createAudienceClient({ restKey, projectKey, baseUrl, apiVersion, requestsPerSecond });
    return { client, requestsPerSecond, destination, close: () => {} };
  }
  if (baseUrl !== undefined) throw new UsageError("--mock and --base-url name two servers, give one of them");
  screen.note("Starting the mock API. Nothing is sent to Batch.");
  const { url, close } = await startMock(signal);
  const requestsPerSecond = rate ?? Number.POSITIVE_INFINITY;
  const client = createAudienceClient({
    restKey: "mock",
    projectKey: "mock",
    baseUrl: url,
    requestsPerSecond,
  });
  return { client, requestsPerSecond, destination: "mock", close };
}

function keysOf(env: NodeJS.ProcessEnv): { restKey: string; projectKey: string } {
  const { BATCH_REST_KEY: restKey, BATCH_PROJECT_KEY: projectKey } = env;
  const missing = [...(restKey ? [] : ["BATCH_REST_KEY"]), ...(projectKey ? [] : ["BATCH_PROJECT_KEY"])];
  if (!restKey || !projectKey) {
    const names = missing.join(" and ");
    throw new UsageError(
      `${names} ${missing.length === 1 ? "is" : "are"} not set in the environment; --mock needs no keys, --dry-run neither`,
    );
  }
  return { restKey, projectKey };
}
