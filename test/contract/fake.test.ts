// What the fake answers is what the document says, with Prism in between as the judge: it replaces an answer that
// breaks the document by one of its own.

import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { FAULT_KINDS, type FaultKind, type Scripted } from "../../src/testing/index.ts";
import { adds, addWith } from "../support/actions.ts";
import { clockAt, HEADERS, post, stateOf, tokenOf, view } from "../support/fake.ts";
import { type FakeBatchServer, startFakeBatch } from "../support/fake-server.ts";
import { type Prism, startPrism } from "../support/prism.ts";

const document = fileURLToPath(new URL("../../generated/openapi.json", import.meta.url));

let fake: FakeBatchServer;
let prism: Prism;
/** The answer to the next requests, or else what goes wrong with them. */
let next: Scripted | undefined;
const faults: Partial<Record<FaultKind, number>> = {};

beforeAll(async () => {
  fake = await startFakeBatch(
    { restKey: "rest-key", indexLag: { ms: 1000 }, faults, script: () => next },
    clockAt(() => 0),
  );
  prism = await startPrism({ document, proxyTo: fake.url, validateRequests: false });
});

afterEach(() => {
  next = undefined;
  for (const kind of FAULT_KINDS) delete faults[kind];
});

afterAll(async () => {
  await prism?.close();
  await fake?.close();
});

async function statusAndCode(response: Response): Promise<string> {
  const { error_code } = (await response.json()) as { error_code?: string };
  return `${response.status} ${error_code}`;
}

describe("checked against the document by Prism", () => {
  it("an update and its views are as documented", async () => {
    const response = await post(prism, [addWith("a", { city: "Paris", n: 1, ok: true })]);
    expect(response.status).toBe(202);
    const indexing_token = await tokenOf(response);
    expect(indexing_token).toMatch(/^[0-9a-f]{32}$/);
    const query = { name: "vips", indexing_token };
    expect(await stateOf(await view(prism, query))).toBe("IN_PROGRESS");
    await fake.settled();
    expect(await stateOf(await view(prism, query))).toBe("APPLIED");
    fake.replace("vips");
    expect(await stateOf(await view(prism, query))).toBe("REPLACED");
  });

  it("refusals are as documented", async () => {
    const headers = { ...HEADERS, Authorization: "Bearer other" };
    expect(await statusAndCode(await post(prism, adds(10_001)))).toBe("400 MISSING_PARAMETER");
    expect(await statusAndCode(await view(prism, {}))).toBe("400 MISSING_PARAMETER");
    expect(await statusAndCode(await post(prism, adds(1), { headers }))).toBe("401 AUTHENTICATION_INVALID");
    const query = { name: "vips", indexing_token: "unknown" };
    expect(await statusAndCode(await view(prism, query))).toBe("404 TOKEN_NOT_FOUND");
  });

  it("faults are as documented, where they are meant to be", async () => {
    faults.throttled = 1;
    expect(await statusAndCode(await post(prism, adds(1)))).toBe("429 TOO_MANY_REQUESTS");
    expect(await statusAndCode(await view(prism))).toBe("429 TOO_MANY_REQUESTS");
    faults.throttled = 0;
    faults.maintenance = 1;
    expect(await statusAndCode(await post(prism, adds(1)))).toBe("503 MAINTENANCE_ERROR");
    faults.maintenance = 0;
    faults.serverError = 1;
    const seen = new Set<string>();
    for (let n = 0; n < 30; n++) seen.add(await statusAndCode(await view(prism)).catch(() => "a page"));
    expect(seen).toContain("500 SERVER_ERROR");
    expect(seen).toContain("503 MAINTENANCE_ERROR");
  });

  it("an answer that breaks the document does not pass", async () => {
    const headers = { "Content-Type": "application/json" };
    const violation = "https://stoplight.io/prism/errors#VIOLATIONS";
    const wrong: Scripted[] = [
      { breakage: "html" },
      { status: 200, headers, body: '{"indexing_state":"DONE"}' },
      { status: 429, headers, body: '{"error_code":"TOO_MANY_REQUESTS"}' },
    ];
    for (next of wrong) expect(await (await view(prism)).json()).toMatchObject({ type: violation });
  });
});
