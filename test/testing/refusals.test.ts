import { describe, expect, it } from "vitest";
import { add, adds, addWith, remove } from "../support/actions.ts";
import { HEADERS, post, start, view } from "../support/fake.ts";

async function errorOf(response: Response) {
  return { status: response.status, ...((await response.json()) as object) };
}

describe("a request that breaks a rule is refused and changes nothing", () => {
  const fifteen = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`a${index}`, index]));
  const refused: [string, unknown[], string][] = [
    ["10,001 ids", adds(10_001), "ids has 10001 items, at most 10000 are allowed"],
    ["an unknown action", [add("a"), { action: "delete", id: "b" }], "ids[1]: action must be add or remove"],
    ["a missing id", [{ action: "add" }], "ids[0]: id is missing"],
    ["an id that is not a string", [{ action: "add", id: 7 }], "ids[0]: id is missing"],
    ["an item that is a string", ["a"], "ids[0]: is not an object"],
    [
      "attributes on remove",
      [{ ...remove("a"), attributes: {} }],
      "ids[0]: attributes are only accepted with add",
    ],
    ["attributes in an array", [{ ...add("a"), attributes: [] }], "ids[0]: attributes must be an object"],
    [
      "16 attributes",
      [addWith("a", { ...fifteen, one: "more" })],
      "ids[0]: has 16 attributes, at most 15 are allowed",
    ],
  ];

  it.each(refused)("%s", async (_, ids, error_message) => {
    const fake = await start();
    const answer = await errorOf(await post(fake, ids));
    expect(answer).toEqual({ status: 400, error_code: "MISSING_PARAMETER", error_message });
    expect(fake.counts.accepted).toBe(0);
  });

  it("while 15 attributes are allowed", async () => {
    const fake = await start();
    expect((await post(fake, [addWith("a", fifteen)])).status).toBe(202);
  });

  it.each([
    ["no JSON", "{", "The body is not valid JSON"],
    ["no object", "[]", "The body is not an object"],
    ["no name", '{"ids":[]}', "name is missing"],
    ["no ids", '{"name":"vips"}', "ids is missing"],
  ])("%s", async (_, body, error_message) => {
    const fake = await start();
    expect(await errorOf(await post(fake, [], { body }))).toMatchObject({ status: 400, error_message });
  });

  it.each([
    ["no bearer", { Authorization: "rest-key" }, 401, "AUTHENTICATION_INVALID"],
    ["another bearer", { Authorization: "Bearer other" }, 401, "AUTHENTICATION_INVALID"],
    ["another project", { "X-Batch-Project": "other" }, 401, "AUTHENTICATION_INVALID"],
    ["no project", { "X-Batch-Project": "" }, 400, "MISSING_PARAMETER"],
  ])("%s, on both routes", async (_, wrong, status, error_code) => {
    const fake = await start({ restKey: "rest-key", projectKey: "project-key" });
    const headers = { ...HEADERS, ...wrong };
    for (const response of [
      await post(fake, [add("a")], { headers }),
      await fetch(`${fake.url}/audiences/view?name=vips`, { headers }),
    ]) {
      expect(await errorOf(response)).toMatchObject({ status, error_code });
    }
    expect(fake.audience("vips").members.size).toBe(0);
  });

  it("no bearer, also when any would do", async () => {
    const fake = await start();
    for (const Authorization of ["", "Bearer ", "Basic rest-key"]) {
      expect((await post(fake, [add("a")], { headers: { ...HEADERS, Authorization } })).status).toBe(401);
    }
    expect(
      (await post(fake, [add("a")], { headers: { ...HEADERS, Authorization: "Bearer any" } })).status,
    ).toBe(202);
  });

  it("another route, another method or another base path", async () => {
    const fake = await start();
    const { origin } = new URL(fake.url);
    for (const [method, url] of [
      ["POST", `${fake.url}/audiences/merge`],
      ["POST", `${fake.url}/audiences/view`],
      ["GET", `${fake.url}/audiences/update`],
      ["POST", `${origin}/audiences/update`],
    ] as const) {
      const response = await fetch(url, { method, headers: HEADERS });
      expect(await errorOf(response)).toMatchObject({ status: 404, error_code: "ROUTE_NOT_FOUND" });
    }
  });

  it("a body over the limit", async () => {
    const fake = await start({ maxBodyBytes: 1000 });
    expect((await post(fake, adds(100))).status).toBe(413);
    expect((await post(fake, adds(10))).status).toBe(202);
    expect(fake.audience("vips").members.size).toBe(10);
  });

  it.each([400, 422] as const)(
    "a record the server refuses, with a %i that does not say which one it is",
    async (status) => {
      const refuse = ({ id }: { id: string }) => (id === "3" ? "an id is not known" : undefined);
      const fake = await start({ refuse, refusedStatus: status });
      const answer = await errorOf(await post(fake, adds(10)));
      expect(answer).toEqual({
        status,
        error_code: "INVALID_PARAMETER",
        error_message: "an id is not known",
      });
      expect((await post(fake, adds(3))).status).toBe(202);
      expect(fake.audience("vips").members.size).toBe(3);
    },
  );

  it("an unknown audience, when the audiences are given", async () => {
    const fake = await start({ audiences: ["vips"] });
    expect((await post(fake, [add("a")], { name: "other" })).status).toBe(404);
    expect((await view(fake, { name: "other" })).status).toBe(404);
    expect((await post(fake, [add("a")])).status).toBe(202);
    expect((await view(fake)).status).toBe(200);
  });

  it("everything of an audience under maintenance, for as long as that lasts, and nothing of another", async () => {
    const maintenance = (audience: string, { number }: { number: number }) =>
      audience === "vips" && number <= 3 ? "7" : undefined;
    const fake = await start({ maintenance });
    for (const response of [await post(fake, [add("a")]), await view(fake)]) {
      expect(response.headers.get("retry-after")).toBe("7");
      expect(await errorOf(response)).toMatchObject({ status: 503, error_code: "MAINTENANCE_ERROR" });
    }
    expect((await post(fake, [add("a")], { name: "other" })).status).toBe(202);
    expect(fake.audience("vips").members.size).toBe(0);
    expect(fake.requests.map(({ fault }) => fault)).toEqual(["maintenance", "maintenance", undefined]);
    expect((await post(fake, [add("a")])).status).toBe(202);
  });
});

describe("a record that is refused alone", () => {
  const refuseRecord = ({ id }: { id: string }) =>
    id === "1" || id === "3" ? `${id} is no profile` : undefined;

  it("is named in the 202 by its position, and is not applied; all others are", async () => {
    const fake = await start({ refuseRecord });
    const response = await post(fake, [...adds(5), remove("0")]);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      code: "SUCCESS_WITH_PARTIAL_ERRORS",
      errors: [
        { bulk_index: 1, reason: "1 is no profile" },
        { bulk_index: 3, reason: "3 is no profile" },
      ],
      indexing_token: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect([...fake.audience("vips").members.keys()]).toEqual(["2", "4"]);
  });

  it("does not change the answer to a request without it", async () => {
    const fake = await start({ refuseRecord });
    expect(await (await post(fake, [add("2")])).json()).toEqual({ indexing_token: expect.any(String) });
  });

  it("is named in an answer without a token too", async () => {
    const fake = await start({ refuseRecord, script: [{ breakage: "noToken" }] });
    expect(await (await post(fake, [add("3")])).json()).toEqual({
      code: "SUCCESS_WITH_PARTIAL_ERRORS",
      errors: [{ bulk_index: 0, reason: "3 is no profile" }],
    });
  });
});
