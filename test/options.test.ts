import { inspect } from "node:util";
import { expect, test } from "vitest";
import { createAudienceClient } from "../src/client.ts";
import { ConfigurationError } from "../src/errors.ts";
import { assertAudience, resolveClientOptions } from "../src/options.ts";
import { type Runtime, systemRuntime } from "../src/runtime.ts";

const keys = { restKey: "r3st-k3y", projectKey: "project" };

function refusal(run: () => unknown): ConfigurationError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return error as ConfigurationError;
  }
  throw new Error("It was accepted");
}

test("the defaults are those that are documented", () => {
  expect(resolveClientOptions(keys)).toMatchObject({
    ...keys,
    baseUrl: "https://api.batch.com/2.11",
    requestsPerSecond: 1,
    maxInFlight: 4,
    timeoutMs: 60_000,
    retry: {
      retries: 5,
      minDelayMs: 500,
      maxDelayMs: 30_000,
      throttleDelayMs: 5000,
      maxThrottledMs: 900_000,
    },
  });
});

test("undefined means the default, for each option and for each part of retry", () => {
  const config = resolveClientOptions({
    ...keys,
    apiVersion: undefined,
    baseUrl: undefined,
    requestsPerSecond: undefined,
    maxInFlight: undefined,
    timeoutMs: undefined,
    retry: { retries: 0, minDelayMs: undefined } as object,
    fetch: undefined,
  });
  expect(config).toMatchObject({
    baseUrl: "https://api.batch.com/2.11",
    requestsPerSecond: 1,
    maxInFlight: 4,
  });
  expect(config.retry).toMatchObject({ retries: 0, minDelayMs: 500 });
  expect(resolveClientOptions({ ...keys, retry: undefined }).retry.retries).toBe(5);
});

test.each<unknown>([null, {}, 5, { now: () => 0 }, { ...systemRuntime, sleep: 5 }])(
  "a runtime that is no runtime is refused: %j",
  (runtime) => {
    const error = refusal(() => resolveClientOptions({ ...keys, runtime: runtime as never }));
    expect(error.option).toBe("runtime");
    expect(error.expected).toBe("an object with now, date, random, yieldToEventLoop, sleep");
  },
);

test("a runtime may have its functions from a class", () => {
  class Inherited implements Runtime {
    now(): number {
      return 0;
    }
    date(): number {
      return 0;
    }
    random(): number {
      return 0;
    }
    async sleep() {}
    async yieldToEventLoop() {}
  }
  const runtime = new Inherited();
  expect(resolveClientOptions({ ...keys, runtime }).runtime).toBe(runtime);
});

test("fetch is looked up when it is called, so that it can be replaced later", async () => {
  const { fetch } = resolveClientOptions(keys);
  const before = globalThis.fetch;
  globalThis.fetch = async () => new Response("replaced");
  try {
    expect(await (await fetch(new Request("http://localhost"))).text()).toBe("replaced");
  } finally {
    globalThis.fetch = before;
  }
});

test("the version goes into the base URL, which can be given whole and loses its last slash", () => {
  expect(resolveClientOptions({ ...keys, apiVersion: "2.8" }).baseUrl).toBe("https://api.batch.com/2.8");
  expect(resolveClientOptions({ ...keys, baseUrl: "http://localhost:8080/v//" }).baseUrl).toBe(
    "http://localhost:8080/v",
  );
});

test.each<[option: string, value: unknown, given: string]>([
  ["apiVersion", "", '""'],
  ["apiVersion", "2.11/..", '"2.11/.."'],
  ["apiVersion", 2.11, "2.11"],
  ["requestsPerSecond", 0, "0"],
  ["requestsPerSecond", -1, "-1"],
  ["requestsPerSecond", Number.NaN, "NaN"],
  ["requestsPerSecond", "2", '"2"'],
  ["requestsPerSecond", null, "null"],
  ["limiter", {}, "an object"],
  ["limiter", { turn: async () => {} }, "an object"],
  ["limiter", null, "null"],
  ["maxInFlight", 0, "0"],
  ["maxInFlight", 1.5, "1.5"],
  ["maxInFlight", "4", '"4"'],
  ["maxInFlight", null, "null"],
  ["timeoutMs", 0, "0"],
  ["timeoutMs", -1, "-1"],
  ["timeoutMs", Number.NaN, "NaN"],
  ["timeoutMs", "1000", '"1000"'],
  ["timeoutMs", null, "null"],
  ["fetch", "fetch", '"fetch"'],
  ["fetch", {}, "an object"],
  ["baseUrl", "", '""'],
  ["baseUrl", "https://api.batch.com/2.11?", "an address with one of these"],
  ["baseUrl", "https://api.batch.com/2.11#", "an address with one of these"],
  ["baseUrl", "https://api.batch.com/2.11 ", "an address with one of these"],
  ["baseUrl", "/2.11", '"/2.11"'],
  ["baseUrl", "api.batch.com", '"api.batch.com"'],
  ["baseUrl", "ftp://api.batch.com", '"ftp://api.batch.com"'],
  ["baseUrl", 1, "1"],
  ["baseUrl", [], "an array"],
])("%s: %j is refused", (option, value, given) => {
  const error = refusal(() => createAudienceClient({ ...keys, [option]: value }));
  expect(error).toMatchObject({ name: "ConfigurationError", code: "CONFIGURATION", option, given });
  expect(error.message).toBe(`Expected \`${option}\` to be ${error.expected}, got ${given}`);
});

test.each<[name: string, value: unknown]>([
  ["retries", -1],
  ["retries", Number.NaN],
  ["retries", "5"],
  ["minDelayMs", -1],
  ["maxDelayMs", Number.NaN],
  ["throttleDelayMs", null],
  ["maxThrottledMs", "1"],
  ["attempts", 3],
])("retry.%s: %j is refused", (name, value) => {
  expect(refusal(() => createAudienceClient({ ...keys, retry: { [name]: value } })).option).toBe(
    `retry.${name}`,
  );
});

test("a retry that is no object is refused", () => {
  for (const retry of [5, "often", null, true] as never[]) {
    expect(refusal(() => createAudienceClient({ ...keys, retry })).option).toMatch(/^retry/);
  }
});

test.each([undefined, null, "key", 1])("options that are %j are refused", (options) => {
  expect(refusal(() => createAudienceClient(options as never)).option).toBe("options");
});

test.each(["user@", ":password@", "user:password@"])(
  "a base URL with %s is refused, and not printed",
  (part) => {
    const error = refusal(() => createAudienceClient({ ...keys, baseUrl: `https://${part}api.batch.com` }));
    expect(error.option).toBe("baseUrl");
    expect(inspect(error)).not.toContain(part);
  },
);

test.each(["?key=abc", "#abc"])("a base URL with %s is refused, and not printed", (part) => {
  const error = refusal(() =>
    createAudienceClient({ ...keys, baseUrl: `https://api.batch.com/2.11${part}` }),
  );
  expect(error.option).toBe("baseUrl");
  expect(inspect(error)).not.toContain(part);
});

for (const option of ["restKey", "projectKey"] as const) {
  test.each<[what: string, value: unknown]>([
    ["missing", undefined],
    ["null", null],
    ["a number", 1234567],
    ["an object", { key: "s3cr3t" }],
    ["empty", ""],
    ["blank", " \n"],
    ["with a space behind it", "s3cr3t "],
    ["with a space before it", " s3cr3t"],
    ["with a no-break space behind it", "s3cr3t\u00a0"],
    ["followed by a line break", "s3cr3t\n"],
    ["with a line break inside", "s3cr\r\n3t"],
    ["with a NUL", "s3cr\u00003t"],
    ["with a DEL", "s3cr\u007f3t"],
    ["with a C1 control character", "s3cr\u00853t"],
    ["with a character outside Latin-1", "s3cr3t€"],
    ["with an emoji", "s3cr3t😀"],
  ])(`a ${option} that is %s is refused without being printed`, (_what, value) => {
    const error = refusal(() => createAudienceClient({ ...keys, [option]: value }));
    expect(error.option).toBe(option);
    expect(inspect(error) + JSON.stringify(error)).not.toMatch(/s3cr|1234567/);
  });

  test(`a ${option} with any visible Latin-1 character is one that a header can carry`, () => {
    const latin1 = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
    const visible = latin1.filter((character) => !/[\u0000-\u001f\u007f-\u009f]/.test(character)).join("");
    const value = `k${visible}k`;
    expect(resolveClientOptions({ ...keys, [option]: value })[option]).toBe(value);
    expect(new Headers({ Authorization: `Bearer ${value}` }).get("Authorization")).toBe(`Bearer ${value}`);
  });
}

test.each(["", "with space", "a/b", "é", "a.b", "a".repeat(256), "a\n", 5, null, undefined, ["a"]])(
  "the audience %j is refused",
  (audience) => {
    expect(refusal(() => assertAudience(audience)).option).toBe("audience");
  },
);

test.each(["a", "VIP-customers_2", "a".repeat(255), "__proto__"])("the audience %j is fine", (audience) => {
  expect(() => assertAudience(audience)).not.toThrow();
});
