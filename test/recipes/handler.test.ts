import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startOf } from "../docs/run-program.ts";
import { start } from "../support/fake.ts";
import { writeRecipe } from "./recipe.ts";

const PAGE = "docs/recipes/handler.md";

/** Starts the recipe's server. Returns what posts to it. */
async function serve(apiUrl: string): Promise<(body: string) => Promise<Response>> {
  const { args, env } = startOf(join(writeRecipe(PAGE), "server.ts"), apiUrl);
  const server = spawn(process.execPath, args, {
    env: { ...env, PORT: "0" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(server, "exit");
  onTestFinished(async () => {
    server.kill();
    await ended;
  });
  const started = once(server.stdout.setEncoding("utf8"), "data") as Promise<[string]>;
  const [line] = await Promise.race([started, ended.then(() => ["the server has ended"] as const)]);
  const { port } = JSON.parse(line) as { port: number };
  const headers = { "Content-Type": "application/json" };
  return (body) => fetch(`http://127.0.0.1:${port}/opt-out`, { method: "POST", headers, body });
}

it("answers what became of each opt-out, and sends those together that come together", async () => {
  const batch = await start({ latencyMs: 50, indexLag: { requests: 3 } });
  const post = await serve(batch.url);
  const ids = Array.from({ length: 20 }, (_, at) => (at === 10 ? " " : `customer-${at}`));
  const answers = await Promise.all(ids.map((id) => post(JSON.stringify({ id }))));
  expect(answers.map(({ status }) => status)).toEqual(ids.map((id) => (id === " " ? 400 : 202)));
  const updates = batch.requests;
  expect(new Set(updates.map(({ route }) => route))).toEqual(new Set(["POST /audiences/update"]));
  expect(updates.flatMap((update) => update.ids)).toHaveLength(19);
  expect(updates.length).toBeLessThan(5);
  for (const body of ["{}", "id"]) expect((await post(body)).status).toBe(400);
});

it("does not say that it is done when the API refuses", async () => {
  const batch = await start({ script: [{ status: 401 }] });
  const post = await serve(batch.url);
  const answer = await post('{ "id": "customer-1" }');
  expect(answer.status).toBe(503);
  expect(answer.headers.get("Retry-After")).toBe("30");
});
