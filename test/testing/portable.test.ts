import { createContext, Script } from "node:vm";
import { build } from "esbuild";
import { expect, it } from "vitest";
import type { createFakeBatch } from "../../src/testing/index.ts";
import { add } from "../support/actions.ts";
import { post } from "../support/fake.ts";

/** What Node, Bun, Deno, workers and browsers have in common. */
const GLOBALS = {
  AbortController,
  performance,
  ReadableStream,
  Request,
  Response,
  setTimeout,
  clearTimeout,
  TextDecoder,
  TextEncoder,
  URL,
};

it("the fake in process needs nothing of Node", async () => {
  const { outputFiles } = await build({
    entryPoints: ["src/testing/index.ts"],
    bundle: true,
    platform: "neutral",
    format: "iife",
    globalName: "testing",
    write: false,
  });
  const context = createContext({ ...GLOBALS });
  new Script(outputFiles[0]!.text).runInContext(context);
  const { testing } = context as { testing: { createFakeBatch: typeof createFakeBatch } };
  const fake = testing.createFakeBatch({ latencyMs: 1000, script: ["ok", { breakage: "truncated" }] });
  expect((await post(fake, [add("a")])).status).toBe(202);
  expect(fake.runtime.now()).toBe(1000);
  await expect((await post(fake, [add("b")])).text()).rejects.toThrow("terminated");
  expect([...fake.audience("vips").members.keys()]).toEqual(["a"]);
});
