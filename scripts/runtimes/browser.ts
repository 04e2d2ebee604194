/** Runs a module in a page of a headless Chromium. The page posts what the module prints. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `--no-sandbox` since the check may run as root; the others keep the browser from looking for its vendor's servers. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PAGE = `<!doctype html><meta charset="utf-8"><script type="module">
const lines = [];
console.log = (line) => lines.push(line);
addEventListener("unhandledrejection", ({ reason }) => lines.push(String(reason)));
await import("/module.mjs").catch((error) => lines.push(String(error)));
await fetch("/result", { method: "POST", body: lines.join("\\n") });
</script>`;

export async function inBrowser(program: string, module: string): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), "chromium-"));
  const { promise: result, settle } = later();
  const server = createServer(async (request, response) => {
    if (request.url === "/result") settle((await request.setEncoding("utf8").toArray()).join(""));
    const isModule = request.url === "/module.mjs";
    response.setHeader("Content-Type", isModule ? "text/javascript" : "text/html");
    response.end(isModule ? module : PAGE);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const address = `http://127.0.0.1:${port}/`;
  const browser = spawn(program, [...FLAGS, `--user-data-dir=${profile}`, address], { stdio: "ignore" });
  const ended = once(browser, "exit");
  const timer = setTimeout(() => settle("The page posted nothing within 60 s."), 60_000);
  try {
    return await Promise.race([result, ended.then(() => "Chromium ended before the page did.")]);
  } finally {
    clearTimeout(timer);
    browser.kill();
    await ended;
    server.close();
    server.closeAllConnections();
    rmSync(profile, { recursive: true, maxRetries: 5 });
  }
}

function later(): { promise: Promise<string>; settle(value: string): void } {
  let settle!: (value: string) => void;
  const promise = new Promise<string>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}
