// A real Prism in a process of its own, for the tests that hold the client against the OpenAPI document.

import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface PrismOptions {
  /** Path of the OpenAPI document. */
  document: string;
  /** Base URL of a server to stand in front of. Without it Prism answers by itself, from the document. */
  proxyTo?: string;
  /** Whether a proxy holds requests against the document too, not only answers. Default true. */
  validateRequests?: boolean;
  /** Invent bodies from the schemas instead of using the examples. */
  dynamic?: boolean;
}

export interface Prism {
  /** The bare origin: Prism does not route by the base path of the document's server. */
  url: string;
  close(): Promise<void>;
}

/** Resolves once Prism answers; rejects with Prism's own words when it ends before that. */
export async function startPrism(options: PrismOptions): Promise<Prism> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [binary(), ...commandLine(options, port)], {
    stdio: ["ignore", "pipe", "pipe"],
  });

  let output = "";
  const keep = (text: string) => {
    output = (output + text).slice(-10_000);
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);

  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const close = async () => {
    if (isRunning(child)) {
      const ended = once(child, "exit");
      kill();
      await ended;
    }
    process.removeListener("exit", kill);
  };

  while (!(await answers(url))) {
    if (!isRunning(child)) {
      await close();
      throw new Error(`Prism ended with ${child.exitCode ?? child.signalCode}. It said:\n${output}`);
    }
    await sleep(20);
  }
  return { url, close };
}

function commandLine(options: PrismOptions, port: number): string[] {
  const { document, proxyTo, validateRequests = true, dynamic = false } = options;
  // At this level Prism is several times faster than at its default, and no longer says that it listens.
  const common = ["--host", "127.0.0.1", "--port", String(port), "--verboseLevel", "fatal"];
  if (proxyTo !== undefined) {
    return ["proxy", document, proxyTo, "--errors", `--validate-request=${validateRequests}`, ...common];
  }
  return ["mock", document, ...(dynamic ? ["--dynamic"] : []), ...common];
}

function binary(): string {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve("@stoplight/prism-cli/package.json");
  const { bin } = require(manifest) as { bin: { prism: string } };
  return join(dirname(manifest), bin.prism);
}

/**
 * Prism cannot be asked which port it was given, and is slow to start. A port below the range from which systems hand
 * out theirs is not taken by another test's server or connection in the meantime.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const probe = createServer();
    try {
      await once(probe.listen(port, "127.0.0.1"), "listening");
    } catch {
      continue;
    }
    probe.close();
    await once(probe, "close");
    return port;
  }
}

/** Any HTTP answer will do: even a refusal shows that Prism has read the document and listens. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
