// The subscribers of docs/observability.md, with the real SDK and the real logger, in processes of their own: both are global.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeIn, root, tableRows } from "./pages.ts";
import { typeProblems } from "./type-check.ts";

const run = promisify(execFile);
const page = readFileSync(join(root, "docs/observability.md"), "utf8");
const [telemetry, logs] = Array.from(page.matchAll(/```ts\n(.*?)```/gs), ([, code]) => code!) as [
  string,
  string,
];

/** A run with a 429, a 500 and a refused record. */
const RUN = `
import { createAudienceClient } from "batch-audiences";
import { createFakeBatch } from "batch-audiences/testing";
export const batch = createFakeBatch({ refuse: ({ id }) => id === "bad-id" && "bad-id is malformed" });
const { fetch, runtime } = batch;
const client = createAudienceClient({ restKey: "r3st-k3y-0123456789abcdef", projectKey: "p", fetch, runtime });
batch.throttleNext();
batch.failNext(500);
await client.update("vip", ["a", "b", "c"].map((id) => ({ action: "add", id })));
await client.update("vip", [{ action: "add", id: "bad-id" }]).catch(() => {});
`;

const SDK = `
import { metrics, trace } from "@opentelemetry/api";
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
const spans = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
const numbers = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: numbers, exportIntervalMillis: 1e8 });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
await import("./telemetry.ts");
await import("./run.ts");
await reader.forceFlush();
const shown = spans.getFinishedSpans().map((span) => ({
  name: span.name, attributes: span.attributes, status: span.status, id: span.spanContext().spanId, parent: span.parentSpanContext?.spanId }));
const collected = numbers.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) =>
  metrics.map(({ descriptor, dataPoints }) => ({ name: descriptor.name, points: dataPoints.map(({ attributes, value }) => ({ attributes, value })) }))));
console.log(JSON.stringify({ spans: shown, metrics: collected }));
await reader.shutdown();
`;

interface Span {
  name: string;
  attributes: Record<string, unknown>;
  status: { code: number };
  id: string;
  parent?: string;
}

interface Metric {
  name: string;
  points: { attributes: Record<string, unknown>; value: number | { count: number; sum: number } }[];
}

describe("the subscribers of docs/observability.md", () => {
  // Inside the package, where its own name resolves to what was built.
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(root, "test/docs/observability-"));
    const files = {
      telemetry,
      logs,
      run: RUN,
      sdk: SDK,
      logged: 'import "./logs.ts";\nawait import("./run.ts");\n',
    };
    for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, `${name}.ts`), code);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function output(program: string): Promise<string> {
    const args = ["--import", import.meta.resolve("tsx"), join(folder, `${program}.ts`)];
    const { stdout, stderr } = await run(process.execPath, args, { cwd: root });
    expect(stderr).toBe("");
    for (const secret of ["bad-id", "r3st-k3y"]) expect(stdout).not.toContain(secret);
    return stdout;
  }

  it("type-check, and are short", () => {
    expect(typeProblems(["telemetry", "logs"].map((name) => join(folder, `${name}.ts`)))).toEqual([]);
    const [, body = ""] = telemetry.split("\n\n");
    expect(telemetry.split("\n").length - body.split("\n").length).toBeLessThan(35);
  });

  it("make a span of each run, with one of each attempt in it, and five metrics", async () => {
    const { spans, metrics } = JSON.parse(await output("sdk")) as { spans: Span[]; metrics: Metric[] };
    const [good, bad] = spans.filter(({ name }) => name === "update");
    const requests = spans.filter(({ name }) => name === "POST /audiences/update");
    expect(spans.filter(({ parent }) => parent === undefined)).toEqual([good, bad]);
    expect(requests.map(({ parent }) => parent)).toEqual([good!.id, good!.id, good!.id, bad!.id]);
    const shared = { "http.route": "POST /audiences/update", "batch.audience": "vip", "batch.ids": 3 };
    expect(requests.map(({ attributes, status }) => [attributes, status.code])).toMatchObject([
      [
        {
          ...shared,
          "http.response.status_code": 429,
          "error.type": "TOO_MANY_REQUESTS",
          "http.request.resend_count": 0,
        },
        2,
      ],
      [
        {
          ...shared,
          "http.response.status_code": 500,
          "error.type": "SERVER_ERROR",
          "http.request.resend_count": 1,
        },
        2,
      ],
      [{ ...shared, "http.response.status_code": 202, "http.request.resend_count": 2 }, 0],
      [{ "batch.ids": 1, "http.response.status_code": 400, "error.type": "INVALID_PARAMETER" }, 2],
    ]);
    expect([good!.status.code, bad!.status.code]).toEqual([0, 2]);
    expect(bad!.attributes).toMatchObject({ "error.type": "UPDATE", "batch.audience": "vip" });

    const values = new Map(metrics.map(({ name, points }) => [name, points]));
    expect([...values.keys()].sort()).toEqual([
      "batch.actions",
      "batch.requests",
      "batch.retries",
      "batch.throttle.duration",
      "batch.update.duration",
    ]);
    expect(values.get("batch.actions")).toEqual([
      { attributes: { outcome: "accepted" }, value: 3 },
      { attributes: { outcome: "rejected" }, value: 0 },
      { attributes: { outcome: "failed" }, value: 1 },
    ]);
    expect(values.get("batch.requests")!.map(({ value }) => value)).toEqual([1, 1, 1, 1]);
    expect(values.get("batch.retries")).toMatchObject([{ value: 1 }]);
    expect(values.get("batch.throttle.duration")).toMatchObject([{ value: { count: 1, sum: 5 } }]);
    expect(values.get("batch.update.duration")).toMatchObject([
      { value: { count: 1 } },
      { value: { count: 1 } },
    ]);
  });

  it("log runs, attempts that failed, and waiting", async () => {
    const lines = (await output("logged"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { level: 40, msg: "request", status: 429, errorCode: "TOO_MANY_REQUESTS", audience: "vip" },
      { level: 40, msg: "all requests wait", waitMs: 5000 },
      { level: 40, msg: "request", status: 500, attempt: 2 },
      { level: 30, msg: "update", outcome: "completed", accepted: 3, retries: 1 },
      { level: 40, msg: "request", status: 400 },
      { level: 30, msg: "update", outcome: "failed", failed: 1 },
    ]);
  });
});

it("docs/observability.md names each field that the library publishes", () => {
  const documented = tableRows(page).flatMap(([fields]) => codeIn(fields!));
  const run = ["call", "audience", "dryRun", "outcome", "errorCode", "received", "superseded", "rejected"];
  const counts = ["accepted", "failed", "unsent", "requests", "retries", "bytes", "throttledMs", "elapsedMs"];
  const request = [
    "route",
    "audience",
    "attempt",
    "ids",
    "bytes",
    "status",
    "errorCode",
    "retryAfterMs",
    "outcome",
  ];
  expect(documented).toEqual(expect.arrayContaining([...run, ...counts, ...request]));
});
