import { expectTypeOf, test } from "vitest";
import {
  type ActionIssue,
  type ApiError,
  type AppliedState,
  type Attributes,
  type AudienceAction,
  type AudienceClient,
  AudienceError,
  type AudienceView,
  type Checkpoint,
  type ConfigurationError,
  type ConnectionError,
  createAudienceClient,
  type InvalidActionError,
  type NotAppliedError,
  type Receipt,
  type Source,
  type TimeoutError,
  type UpdateError,
  type UpdateOptions,
  type UpdateReport,
} from "../../src/index.ts";

declare const client: AudienceClient;

test("a client needs both keys", () => {
  expectTypeOf(createAudienceClient({ restKey: "r", projectKey: "p" })).toEqualTypeOf<AudienceClient>();
  // @ts-expect-error: no projectKey
  createAudienceClient({ restKey: "r" });
  // @ts-expect-error: no restKey
  createAudienceClient({ projectKey: "p" });
  // @ts-expect-error: a key is a string
  createAudienceClient({ restKey: 5, projectKey: "p" });
  // @ts-expect-error: no such option
  createAudienceClient({ restKey: "r", projectKey: "p", apiKey: "" });
});

test("a client takes any part of retry, and the runtime's fetch", () => {
  createAudienceClient({ restKey: "r", projectKey: "p", retry: { retries: 0 } });
  createAudienceClient({ restKey: "r", projectKey: "p", retry: {}, fetch: globalThis.fetch });
  createAudienceClient({
    restKey: "r",
    projectKey: "p",
    baseUrl: process.env.BASE_URL,
    timeoutMs: undefined,
  });
  // @ts-expect-error: no such part
  createAudienceClient({ restKey: "r", projectKey: "p", retry: { attempts: 3 } });
});

test("an action adds an id, with attributes or without, or removes one", () => {
  expectTypeOf<{ action: "add"; id: string }>().toExtend<AudienceAction>();
  expectTypeOf<{ action: "add"; id: string; attributes: Attributes }>().toExtend<AudienceAction>();
  expectTypeOf<{ action: "remove"; id: string }>().toExtend<AudienceAction>();
  expectTypeOf<{ action: "remove"; id: string; attributes: undefined }>().toExtend<AudienceAction>();
  expectTypeOf<{ action: "remove"; id: string; attributes: Attributes }>().not.toExtend<AudienceAction>();
  expectTypeOf<{ action: "replace"; id: string }>().not.toExtend<AudienceAction>();
  expectTypeOf<{ action: "add"; id: number }>().not.toExtend<AudienceAction>();
  expectTypeOf<{ action: "add" }>().not.toExtend<AudienceAction>();
  expectTypeOf<string>().not.toExtend<AudienceAction>();
});

test("an attribute is a string, a number, a boolean, a Date or a URL, or is left out", () => {
  expectTypeOf<{ a: string; b: number; c: boolean; d: Date; e: URL }>().toExtend<Attributes>();
  expectTypeOf<{ a: null }>().not.toExtend<Attributes>();
  expectTypeOf<{ a: string; b?: number | undefined }>().toExtend<Attributes>();
  expectTypeOf<{ a: string[] }>().not.toExtend<Attributes>();
  expectTypeOf<{ a: { b: string } }>().not.toExtend<Attributes>();
  expectTypeOf<{ a: bigint }>().not.toExtend<Attributes>();
});

test("a source is anything that gives actions, and no string", () => {
  type Source = Parameters<AudienceClient["update"]>[1];
  expectTypeOf<AudienceAction[]>().toExtend<Source>();
  expectTypeOf<readonly AudienceAction[]>().toExtend<Source>();
  expectTypeOf<Set<AudienceAction>>().toExtend<Source>();
  expectTypeOf<Generator<AudienceAction>>().toExtend<Source>();
  expectTypeOf<AsyncGenerator<AudienceAction>>().toExtend<Source>();
  expectTypeOf<ReadableStream<AudienceAction>>().toExtend<Source>();
  expectTypeOf<NodeJS.ReadableStream>().toExtend<AsyncIterable<unknown>>();
  expectTypeOf<string>().not.toExtend<Source>();
  expectTypeOf<string[]>().not.toExtend<Source>();
  expectTypeOf<AudienceAction>().not.toExtend<Source>();
  expectTypeOf<Promise<AudienceAction[]>>().not.toExtend<Source>();
});

test("update resolves with a report", () => {
  expectTypeOf(client.update("a", [])).resolves.toEqualTypeOf<UpdateReport>();
  expectTypeOf<UpdateReport["checkpoint"]>().toEqualTypeOf<Checkpoint>();
  expectTypeOf<UpdateReport["receipts"]>().toEqualTypeOf<Receipt[]>();
  expectTypeOf<Receipt["indexingToken"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<UpdateReport["indexingTokens"]>().toEqualTypeOf<string[]>();
  expectTypeOf<UpdateReport["rejections"]>().toEqualTypeOf<ActionIssue[]>();
  expectTypeOf<
    Pick<UpdateReport, "received" | "superseded" | "rejected" | "accepted" | "failed" | "unsent">
  >().toEqualTypeOf<
    Record<"received" | "superseded" | "rejected" | "accepted" | "failed" | "unsent", number>
  >();
  expectTypeOf<UpdateReport["requests" | "retries" | "throttledMs" | "elapsedMs" | "bytes"]>().toBeNumber();
});

test("the options of update take only what is documented", () => {
  expectTypeOf<UpdateOptions["invalid"]>().toEqualTypeOf<"throw" | "skip" | undefined>();
  expectTypeOf<UpdateOptions["refused"]>().toEqualTypeOf<"stop" | "isolate" | undefined>();
  expectTypeOf<UpdateOptions["flushAfterMs"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<UpdateOptions["betweenWindows"]>().toEqualTypeOf<"applied" | "accepted" | undefined>();
  expectTypeOf<UpdateReport["checkpoint"]>().toExtend<NonNullable<UpdateOptions["resumeFrom"]>>();
  // @ts-expect-error: no such option
  client.update("a", [], { chunk: 5 });
  client.update("a", [], {
    onProgress(progress) {
      expectTypeOf(progress.checkpoint).toEqualTypeOf<Checkpoint>();
      expectTypeOf(progress.unsent).toBeNumber();
    },
    onReceipt: (receipt) => expectTypeOf(receipt).toEqualTypeOf<Receipt>(),
    onRejected: (issue) => expectTypeOf(issue).toEqualTypeOf<ActionIssue>(),
  });
});

test("a view is an audience of which every field may be missing", () => {
  expectTypeOf(client.view("a")).resolves.toEqualTypeOf<AudienceView>();
  expectTypeOf<AudienceView["nb_ids"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<object>().toExtend<AudienceView>();
  client.view("a", { indexingToken: "t", signal: new AbortController().signal });
});

test("waitUntilApplied takes the tokens of a report, and tells how each ended", () => {
  expectTypeOf(client.waitUntilApplied("a", [])).resolves.toEqualTypeOf<Record<string, AppliedState>>();
  expectTypeOf<AppliedState>().toEqualTypeOf<"APPLIED" | "REPLACED">();
  expectTypeOf<UpdateReport["indexingTokens"]>().toExtend<
    Parameters<AudienceClient["waitUntilApplied"]>[1]
  >();
  // @ts-expect-error: tokens are strings
  client.waitUntilApplied("a", [5]);
});

test("http knows the document's routes", () => {
  const params = { header: { "X-Batch-Project": "p" }, query: { name: "a" } };
  client.http.GET("/audiences/view", { params });
  // @ts-expect-error: no such route
  client.http.GET("/audiences/update", { params });
  client.http.POST("/audiences/update", {
    params: { header: { "X-Batch-Project": "p" } },
    body: { name: "a", ids: [{ action: "add", id: "i", attributes: { age: 5 } }] },
  });
});

test("errors are told apart by their code", () => {
  type Coded =
    | ApiError
    | ConfigurationError
    | ConnectionError
    | InvalidActionError
    | NotAppliedError
    | TimeoutError;
  const narrow = (error: Coded | UpdateError) => {
    if (error.code === "API") expectTypeOf(error).toEqualTypeOf<ApiError>();
    if (error.code === "CONFIGURATION") expectTypeOf(error).toEqualTypeOf<ConfigurationError>();
    if (error.code === "CONNECTION") expectTypeOf(error).toEqualTypeOf<ConnectionError>();
    if (error.code === "INVALID_ACTION") expectTypeOf(error).toEqualTypeOf<InvalidActionError>();
    if (error.code === "NOT_APPLIED") expectTypeOf(error).toEqualTypeOf<NotAppliedError>();
    if (error.code === "TIMEOUT") expectTypeOf(error).toEqualTypeOf<TimeoutError>();
    if (error.code === "UPDATE") expectTypeOf(error).toEqualTypeOf<UpdateError>();
  };
  expectTypeOf(narrow).returns.toBeVoid();
  expectTypeOf<Coded | UpdateError>().toExtend<AudienceError>();
  expectTypeOf<AudienceError["code"]>().toBeString();
});

test("what an update hands back can be passed to update again", () => {
  expectTypeOf<UpdateError["undelivered"]>().toExtend<Source<AudienceAction>>();
  expectTypeOf<InvalidActionError["undelivered"]>().toEqualTypeOf<UpdateError["undelivered"]>();
  expectTypeOf<UpdateError["undelivered"]["length"]>().toEqualTypeOf<number>();
  expectTypeOf<UpdateError["report"]>().toEqualTypeOf<UpdateReport>();
  expectTypeOf<NotAppliedError["tokens"]>().toEqualTypeOf<string[]>();
  expectTypeOf<ApiError["errorCode"]>().toEqualTypeOf<string | undefined>();
});

test("an abstract error cannot be made", () => {
  // @ts-expect-error: abstract
  new AudienceError("x");
});
