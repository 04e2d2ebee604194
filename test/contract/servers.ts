// The servers that answer by the OpenAPI document, each to be held to the same tests.

import { readFileSync } from "node:fs";
import type { Scripted } from "../../src/testing/index.ts";
import { startFakeBatch } from "../support/fake-server.ts";
import { startPrism } from "../support/prism.ts";

/** A documented answer in place of the one that the server would give: of a status, or an example of a view by its name. */
export type Forced = { status: number } | { example: string };

export interface Server {
  url: string;
  fetch(request: Request, forced?: Forced): Promise<Response>;
  /** Sees to it that there is such an audience. */
  prepare(audience: string): Promise<void>;
  close(): Promise<void>;
}

const DOCUMENT = "generated/openapi.json";

/** Answers from the document, and holds each request against it. */
export async function prism(): Promise<Server> {
  const { url, close } = await startPrism({ document: DOCUMENT });
  return {
    url,
    close,
    prepare: async () => {},
    fetch(request, forced) {
      if (forced !== undefined) {
        const prefer = "status" in forced ? `code=${forced.status}` : `example=${forced.example}`;
        request.headers.set("Prefer", prefer);
      }
      return fetch(request);
    },
  };
}

export async function fake(): Promise<Server> {
  let next: Scripted = "ok";
  const batch = await startFakeBatch({ script: () => next, whenExists: "accept" });
  return {
    url: batch.url,
    close: () => batch.close(),
    async prepare(name) {
      const headers = { Authorization: "Bearer rest-key", "X-Batch-Project": "project-key" };
      const body = JSON.stringify({ name, type: "custom_ids" });
      next = "ok";
      await fetch(`${batch.url}/audiences/create`, { method: "POST", headers, body });
    },
    fetch(request, forced) {
      next = forced === undefined ? "ok" : exampleOf(forced);
      return fetch(request);
    },
  };
}

/** The fake with Prism before it, which holds each answer against the document: one that breaks it does not pass. */
export async function fakeBehindPrism(): Promise<Server> {
  const behind = await fake();
  const { url, close } = await startPrism({
    document: DOCUMENT,
    proxyTo: behind.url,
    validateRequests: false,
  });
  return {
    ...behind,
    url,
    async close() {
      await close();
      await behind.close();
    },
  };
}

interface Content {
  content: { "application/json": { examples: Record<string, { value: unknown }> } };
}

/** The answer that Prism takes from the document when it is asked to. */
function exampleOf(forced: Forced): Scripted {
  const { components, paths } = JSON.parse(readFileSync(DOCUMENT, "utf8"));
  const status = "status" in forced ? forced.status : 200;
  const responses = "status" in forced ? components.responses : paths["/audiences/view"].get.responses;
  const { examples } = (responses[status] as Content).content["application/json"];
  const example = "status" in forced ? Object.values(examples)[0] : examples[forced.example];
  return {
    status,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(example?.value),
  };
}
