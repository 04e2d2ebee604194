// Runs the command line in this process, on real files in a folder of its own.

import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { Interruption } from "../../src/cli/cli-errors.ts";
import { run } from "../../src/cli/run.ts";
import type { FakeBatchOptions as SimulatorOptions } from "../../src/testing/index.ts";
import { type FakeBatchServer as Simulator, startFakeBatch as startSimulator } from "./fake-server.ts";

export { differences, oracle } from "./oracle.ts";
export type { Simulator, SimulatorOptions };

export const KEYS = { BATCH_REST_KEY: "rest-key", BATCH_PROJECT_KEY: "project-key" };

export interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  /** What standard input holds. Default: nothing. */
  input?: string | Buffer | Readable;
  env?: Record<string, string>;
  /** Whether standard input and standard error are a terminal. Default: false. */
  isTerminal?: boolean;
}

export interface Running {
  ended: Promise<Ended>;
  /** What was printed so far. */
  printed(): { stdout: string; stderr: string };
  /** Asks the run to stop, as Ctrl-C does. */
  interrupt(): void;
}

export function startCli(
  args: readonly string[],
  { input = "", env = KEYS, isTerminal = false }: CliOptions = {},
): Running {
  const stop = new AbortController();
  const output = { stdout: "", stderr: "" };
  const writer = (name: keyof typeof output) => ({
    write(text: string, onWritten?: () => void) {
      output[name] += text;
      onWritten?.();
    },
  });
  const stdin =
    input instanceof Readable ? input : Readable.from([Buffer.from(input)], { objectMode: false });
  const ended = run(args, {
    env,
    stdin: Object.assign(stdin, { isTTY: isTerminal }),
    stdout: writer("stdout"),
    stderr: { ...writer("stderr"), isTTY: isTerminal },
    signal: stop.signal,
    version: packageJson.version,
  });
  return {
    ended: ended.then((exitCode) => ({ exitCode, ...output })),
    printed: () => ({ ...output }),
    interrupt: () => stop.abort(new Interruption("SIGINT")),
  };
}

export function runCli(args: readonly string[], options?: CliOptions): Promise<Ended> {
  return startCli(args, options).ended;
}

/** A simulator that ends with the test that called for it. */
export async function startApi(options?: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

interface RecordedRequest {
  /** The last part of its path. */
  route: string;
  query: Record<string, string>;
  body: unknown;
}

export interface ScriptedServer {
  url: string;
  requests: RecordedRequest[];
  /** The bodies of one route. */
  bodiesOf(route: string): unknown[];
}

type Reply = [status: number, body: unknown];
export type Script = Record<string, (request: RecordedRequest, before: number) => Reply>;

/**
 * A server that answers by route, and ends with the test. By default it accepts every write with a token, and everything is
 * applied. `before`: requests of the same route so far.
 */
export async function startScriptedServer(script: Script = {}): Promise<ScriptedServer> {
  const requests: RecordedRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const text = (await incoming.toArray()).join("");
    const { pathname, searchParams } = new URL(incoming.url!, "http://server");
    const route = pathname.split("/").at(-1)!;
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const request = { route, query: Object.fromEntries(searchParams), body };
    const before = requests.filter((earlier) => earlier.route === route).length;
    requests.push(request);
    const accepted: Reply = [202, { indexing_token: `${route}-${before}` }];
    const usual: Reply = route === "view" ? [200, { indexing_state: "APPLIED" }] : accepted;
    const [status, answer] = script[route]?.(request, before) ?? usual;
    outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const bodiesOf = (route: string) =>
    requests.filter((request) => request.route === route).map(({ body }) => body);
  return { url: `http://127.0.0.1:${port}/2.11`, requests, bodiesOf };
}

/** A folder for the files of a test. */
export interface Folder {
  path: string;
  file(name: string): string;
  write(name: string, content: string | Buffer): void;
  remove(): void;
}

/** The working directory of this process until it is removed: messages have the names of files as they are given. */
export function enterFolder(): Folder {
  const before = process.cwd();
  const folder = createFolder();
  process.chdir(folder.path);
  return {
    ...folder,
    remove() {
      process.chdir(before);
      folder.remove();
    },
  };
}

export function createFolder(): Folder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "batch-audiences-")));
  return {
    path,
    file: (name) => join(path, name),
    write: (name, content) => writeFileSync(join(path, name), content),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Resolves when the condition holds, however long that takes. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The values of an NDJSON file. */
export function parseNdjson(text: string): unknown[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}
