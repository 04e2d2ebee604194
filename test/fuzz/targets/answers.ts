// Any answers of the API, in virtual time: statuses, headers and bodies.

import { inspect } from "node:util";
import fc from "fast-check";
import type { AudienceClient } from "../../../src/client.ts";
import { mirror } from "../../../src/mirror/index.ts";
import { memorySnapshotStore } from "../../../src/testing/index.ts";
import { adds } from "../../support/actions.ts";
import { members } from "../../support/mirrored.ts";
import { accept, type Call, REST_KEY, stub } from "../../support/scripted-api.ts";
import { anyBytes } from "../edits.ts";
import { assert, bytesOf, ended, type Target } from "../target.ts";

const STATUSES = [200, 201, 202, 204, 206, 301, 304, 400, 401, 404, 408, 409, 413, 422, 429, 500, 503, 599];
const WITHOUT_BODY = [204, 304];

/** Names that the client reads, and what they may hold. */
const field = fc.constantFrom(
  ...["indexing_token", "indexing_state", "errors", "error_code", "error_message", "audiences", "has_more"],
  ...["next_from", "bulk_index", "reason", "code", "ids", "__proto__", "toString", "length"],
);

const { json } = fc.letrec<{ json: unknown; object: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, 1, -1, 1e300, "", "APPLIED", "IN_PROGRESS", "REPLACED", "t1"),
    fc.constantFrom(`Bearer ${REST_KEY}`, `${"x".repeat(490)}${REST_KEY}`, "é".repeat(3000)),
    fc.string({ unit: "binary", maxLength: 5 }),
    fc.array(tie("json"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.dictionary(field, tie("json"), { maxKeys: 4 }),
}));

/** Refused records, as the sibling routes name them. */
const refusals = fc.record({
  errors: fc.array(fc.record({ bulk_index: fc.integer({ min: -1, max: 4 }), reason: json }), {
    maxLength: 3,
  }),
});

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: { bytes: string } | { json: unknown } | { nested: number };
  /** How the body ends. */
  end: "whole" | "breaks off" | "never";
}

const header = fc.oneof(
  fc.constantFrom(
    "0",
    "1",
    "-1",
    "1e9",
    "99999999999999999999",
    "Wed, 21 Oct 2099 07:28:00 GMT",
    REST_KEY,
    "; =",
  ),
  fc.stringMatching(/^[ -~]{0,12}$/),
);

const answer: fc.Arbitrary<Answer> = fc.record({
  status: fc.constantFrom(...STATUSES, 200, 200, 202, 202, 202),
  headers: fc.dictionary(
    fc.constantFrom("retry-after", "date", "content-type", "content-length", "location", "content-encoding"),
    header,
    { maxKeys: 2 },
  ),
  body: fc.oneof(
    { weight: 5, arbitrary: fc.record({ json }) },
    { weight: 3, arbitrary: fc.record({ json: refusals }) },
    { weight: 2, arbitrary: fc.record({ bytes: anyBytes(30) }) },
    { weight: 1, arbitrary: fc.record({ nested: fc.constantFrom(10, 20_000) }) },
  ),
  end: fc.oneof(
    { weight: 12, arbitrary: fc.constant("whole" as const) },
    fc.constantFrom("breaks off", "never"),
  ),
});

const CALLS: Record<string, (client: AudienceClient) => Promise<unknown>> = {
  update: (client) => client.update("vips", adds(7), { window: 4, maxIdsPerRequest: 3, wait: true }),
  isolate: (client) => client.update("vips", adds(5), { refused: "isolate", indexingTimeoutMs: 60_000 }),
  replace: (client) =>
    client.replace(
      "vips",
      adds(5).map(({ id }) => ({ id })),
      { maxIdsPerRequest: 3 },
    ),
  view: (client) => client.view("vips"),
  list: async (client) => {
    let audiences = 0;
    for await (const _ of client.list()) if (audiences++ > 100) break;
  },
  wait: (client) => client.waitUntilApplied("vips", ["t1", "t2"], { timeoutMs: 60_000 }),
  create: (client) => client.create("vips"),
  delete: (client) => client.delete("vips"),
  mirror: (client) =>
    mirror(client, "vips", members("a", "b"), { state: memorySnapshotStore(), baseline: "empty" }),
};

/** Far more than any of these calls may need. */
const MANY = 20_000;

interface Input {
  call: string;
  /** In turn. After a few rounds, what is usual. */
  answers: Answer[];
  rounds: number;
}

export const answers: Target<Input> = {
  name: "answers",
  cost: 2,
  input: fc.record({
    call: fc.constantFrom(...Object.keys(CALLS)),
    answers: fc.array(answer, { minLength: 1, maxLength: 4 }),
    rounds: fc.constantFrom(1, 5, 1_000_000),
  }),
  async run({ call, answers, rounds }) {
    let requests = 0;
    const reply = (request: Call): Response => {
      const number = requests++;
      if (number >= Math.min(rounds * answers.length, MANY)) return accept(request);
      return responseOf(answers[number % answers.length]!);
    };
    const { client } = stub(reply, { requestsPerSecond: 10 });
    const result = await ended(() => CALLS[call]!(client));
    assert(requests < MANY, "more and more requests");
    // `view` hands on what the API gave. What the client says itself must not show the key.
    const { rejections, warnings } = (result ?? {}) as Record<string, unknown>;
    assert(!inspect([rejections, warnings], { depth: 10 }).includes(REST_KEY), "a report shows the REST key");
  },
};

function responseOf({ status, headers, body, end }: Answer): Response {
  const bytes = bytesIn(body);
  if (WITHOUT_BODY.includes(status)) return new Response(null, { status, headers });
  if (end === "whole") return new Response(bytes, { status, headers });
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      if (end === "breaks off") controller.error(new TypeError(`terminated ${REST_KEY}`));
    },
  });
  return new Response(stream, { status, headers });
}

/** What the API gives as a token or a state is handed on as it is: it is data, and no message. */
function withoutKey(name: string, value: unknown): unknown {
  const isData = name === "indexing_token" || name === "indexing_state";
  return isData && typeof value === "string" ? value.replaceAll(REST_KEY, "key") : value;
}

function bytesIn(body: Answer["body"]): Uint8Array<ArrayBuffer> {
  if ("bytes" in body) return new Uint8Array(bytesOf(body.bytes));
  if ("json" in body) return new Uint8Array(Buffer.from(JSON.stringify(body.json, withoutKey)));
  const deep = `${"[".repeat(body.nested)}${"]".repeat(body.nested)}`;
  return new Uint8Array(
    Buffer.from(`{"errors":[{"bulk_index":0,"reason":${deep}}],"error_message":${deep}}`),
  );
}
