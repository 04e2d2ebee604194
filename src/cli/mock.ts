import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { UsageError } from "./errors.ts";

const PACKAGE = "@stoplight/prism-cli";
/** The build puts it beside the library, one folder above the program. */
const DOCUMENT = fileURLToPath(new URL("../openapi.json", import.meta.url));

export interface Mock {
  url: string;
  close(): void;
}

/** Prism on a port of its own, answering from the API's document. */
export async function startMock(signal: AbortSignal): Promise<Mock> {
  const binary = findPrism();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const flags = ["--host", "127.0.0.1", "--port", String(port), "--verboseLevel", "fatal"];
  // A group of its own: Ctrl-C in a terminal goes to this program alone, which still needs its answers.
  const child = spawn(process.execPath, [binary, "mock", DOCUMENT, ...flags], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-2000);
  });
  const close = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", close);
  while (!(await answers(url))) {
    if (!isRunning(child)) throw new UsageError(`--mock: Prism did not start. ${output.trim()}`);
    signal.throwIfAborted();
    await sleep(50);
  }
  return { url, close };
}

function findPrism(): string {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve(`${PACKAGE}/package.json`);
    const { bin } = require(manifest) as { bin: { prism: string } };
    return join(dirname(manifest), bin.prism);
  } catch (error) {
    throw new UsageError(`--mock needs Prism, which is not installed: npm install ${PACKAGE}@5.14.2`, {
      cause: error,
    });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await once(probe.listen(0, "127.0.0.1"), "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

/** Any answer will do: it shows that the document is read. */
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
