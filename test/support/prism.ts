// Prism, the mock server that answers from an OpenAPI document, and checks what it is sent against it.

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
}

/** In a process of its own. */
export interface Prism {
  /** The bare origin: Prism does not route by the base path of the document's server. */
  url: string;
  close(): Promise<void>;
}

/** Resolves once it answers. Rejects with what Prism printed if it ends before that. */
export async function startPrism({
  document,
  proxyTo,
  validateRequests = true,
}: PrismOptions): Promise<Prism> {
  const proxy = ["--errors", `--validate-request=${validateRequests}`];
  const command = proxyTo === undefined ? ["mock", document] : ["proxy", document, proxyTo, ...proxy];
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // At this level Prism is several times faster than at its default, and no longer prints that it listens.
  const flags = ["--host", "127.0.0.1", "--port", String(port), "--verboseLevel", "fatal"];
  const child = spawn(process.execPath, [findPrism(), ...command, ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = lastOutputOf(child);
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);

  async function close(): Promise<void> {
    process.removeListener("exit", kill);
    if (!isRunning(child)) return;
    const ended = once(child, "exit");
    kill();
    await ended;
  }

  try {
    while (!(await answers(url))) {
      if (!isRunning(child)) throw new Error(`Prism did not start. It printed:\n${output()}`);
      await sleep(20);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
}

function findPrism(): string {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve("@stoplight/prism-cli/package.json");
  const { bin } = require(manifest) as { bin: { prism: string } };
  return join(dirname(manifest), bin.prism);
}

/**
 * Prism cannot be asked which port it got, and it is slow to start. Systems give out ports from 32,768 on by themselves,
 * so a port below that is not lost to another program before Prism listens.
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

/** Any answer shows that Prism has read the document and listens. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

function lastOutputOf(child: ChildProcess): () => string {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-10_000);
    });
  }
  return () => output.trim();
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
