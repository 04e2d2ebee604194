import { createHash } from "node:crypto";
import { type AudienceClient, createAudienceClient } from "../index.ts";
import { positive } from "./argument-values.ts";
import { UsageError } from "./cli-errors.ts";
import type { Flags } from "./command-options.ts";
import { startMock } from "./mock.ts";
import type { Terminal } from "./output/terminal.ts";
import type { World } from "./world.ts";

export interface Connection {
  client: AudienceClient;
  requestsPerSecond: number;
  /** A hash of the API and the project, for checkpoints. */
  destination: string;
  close(): Promise<void>;
}

/** The client of the API or, with `--mock`, of a mock that ends with the connection. */
export async function connect(flags: Flags, terminal: Terminal, world: World): Promise<Connection> {
  const rate = positive("rate", flags.rate);
  return flags.mock ? connectToMock(flags, rate, terminal) : connectToApi(flags, rate, world);
}

function connectToApi(flags: Flags, rate: number | undefined, { env }: World): Connection {
  const { "dry-run": dryRun, "api-version": apiVersion } = flags;
  const baseUrl = flags["base-url"] ?? (env.BATCH_BASE_URL || undefined);
  const { BATCH_PROJECT_KEY: projectKey = "none" } = env;
  // A state of a mirror says which project it is of.
  const keys = dryRun ? { restKey: "none", projectKey } : keysOf(env);
  const requestsPerSecond = rate ?? 1;
  return {
    client: createAudienceClient({ ...keys, baseUrl, apiVersion, requestsPerSecond }),
    requestsPerSecond,
    // The library ignores slashes at the end, too.
    destination: hashOf(env.BATCH_PROJECT_KEY, baseUrl?.replace(/\/+$/, ""), apiVersion),
    close: async () => {},
  };
}

async function connectToMock(
  flags: Flags,
  rate: number | undefined,
  terminal: Terminal,
): Promise<Connection> {
  if (flags["base-url"] !== undefined) {
    throw new UsageError("--mock and --base-url name two servers, give one of them");
  }
  terminal.note("Starting the mock API. Nothing is sent to Batch.");
  const { url: baseUrl, close } = await startMock();
  const requestsPerSecond = rate ?? Number.POSITIVE_INFINITY;
  const keys = { restKey: "mock", projectKey: "mock" };
  return {
    client: createAudienceClient({ ...keys, baseUrl, requestsPerSecond }),
    requestsPerSecond,
    destination: "mock",
    close,
  };
}

function keysOf(env: World["env"]): { restKey: string; projectKey: string } {
  const { BATCH_REST_KEY: restKey, BATCH_PROJECT_KEY: projectKey } = env;
  if (restKey && projectKey) return { restKey, projectKey };
  const missing = [...(restKey ? [] : ["BATCH_REST_KEY"]), ...(projectKey ? [] : ["BATCH_PROJECT_KEY"])];
  throw new UsageError(
    `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not set in the environment; --mock needs no keys, --dry-run neither`,
  );
}

function hashOf(...parts: (string | undefined)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
