import { describe, expect, it } from "vitest";
import { add } from "../support/actions.ts";
import { clockAt, post, start, stateOf, TRANSPORTS, tokenOf, view } from "../support/fake.ts";
import { create, errorOf, members, remove, replace } from "./calls.ts";

/** Nothing is applied before the test says so. */
const LATE = { audiences: [], indexLag: { ms: 1e9 } };

const standing = clockAt(() => 0);

describe.each(TRANSPORTS)("a created audience %s", (_, start) => {
  it("is there, with its type and its display name, and empty", async () => {
    const fake = await start({ audiences: [] });
    expect((await view(fake)).status).toBe(404);
    const response = await create(fake, { display_name: "The best" });
    expect(response.status).toBe(202);
    expect(await tokenOf(response)).toMatch(/^[0-9a-f]{32}$/);
    const shown = { name: "vips", display_name: "The best", type: "CUSTOM_ID", nb_ids: 0 };
    expect(await (await view(fake)).json()).toMatchObject(shown);
    expect(fake.audiences()).toEqual(new Map([["vips", { members: new Map() }]]));
    expect((await post(fake, [add("a")])).status).toBe(202);
    expect(fake.audiences()).toEqual(new Map([["vips", { members: new Map([["a", {}]]) }]]));
  });

  it("has no display name when none was sent", async () => {
    const fake = await start({ audiences: [] });
    await create(fake);
    expect(await (await view(fake)).json()).not.toHaveProperty("display_name");
  });

  it("is known at once, while its token is still IN_PROGRESS", async () => {
    let now = 0;
    const fake = await start({ audiences: [], indexLag: { ms: 1000 } }, () => now);
    const indexing_token = await tokenOf(await create(fake));
    expect(await stateOf(await view(fake, { name: "vips", indexing_token }))).toBe("IN_PROGRESS");
    expect((await post(fake, [add("a")])).status).toBe(202);
    expect((await replace(fake, [])).status).toBe(202);
    now = 1000;
    expect(await stateOf(await view(fake))).toBe("APPLIED");
  });

  it("is unknown until its creation is applied, with unknownUntilCreated", async () => {
    let now = 0;
    const fake = await start({ audiences: [], indexLag: { ms: 1000 }, unknownUntilCreated: true }, () => now);
    const indexing_token = await tokenOf(await create(fake));
    const statuses = async () => [
      (await view(fake, { name: "vips", indexing_token })).status,
      (await post(fake, [add("a")])).status,
      (await replace(fake, members(1))).status,
      (await remove(fake)).status,
    ];
    expect(await statuses()).toEqual([404, 404, 404, 404]);
    expect(fake.audiences()).toEqual(new Map());
    now = 1000;
    expect(await statuses()).toEqual([200, 202, 202, 202]);
  });
});

describe("a creation is refused, and nothing is created,", () => {
  it.each([
    ["no name", { name: undefined }, "name is missing"],
    ["an empty name", { name: "" }, "name is missing"],
    ["a space in the name", { name: "a b" }, "name is not the name of an audience"],
    ["an accent in the name", { name: "é" }, "name is not the name of an audience"],
    ["a name of 256 characters", { name: "a".repeat(256) }, "name is not the name of an audience"],
    ["no type", { type: undefined }, "type is missing"],
    ["a type that is no string", { type: 1 }, "type is missing"],
    ["an unknown type", { type: "ids" }, "type must be one of custom_ids, emails, install_ids"],
    ["a display name that is no string", { display_name: 1 }, "display_name must be a string"],
  ])("for %s", async (_, body, error_message) => {
    const fake = await start({ audiences: [] });
    expect(await errorOf(await create(fake, body))).toMatchObject({ status: 400, error_message });
    expect(fake.audiences().size).toBe(0);
    expect(fake.counts.accepted).toBe(0);
  });

  it("while a name of 255 characters is allowed, and each character that may be in one", async () => {
    const fake = await start({ audiences: [] });
    for (const name of ["a".repeat(255), "-_aZ09"]) {
      expect((await create(fake, { name })).status).toBe(202);
    }
    expect([...fake.audiences().keys()]).toEqual(["a".repeat(255), "-_aZ09"]);
  });

  it("unless the options allow its type", async () => {
    const fake = await start({ audiences: [], audienceTypes: ["phones"] });
    expect((await create(fake)).status).toBe(400);
    expect((await create(fake, { type: "phones" })).status).toBe(202);
    expect(await (await view(fake)).json()).toMatchObject({ type: "PHONE" });
  });
});

describe("the creation of an audience that there is", () => {
  it("is refused with a 400, or as the options say", async () => {
    const fake = await start({ audiences: ["vips"] });
    const refused = { status: 400, error_code: "AUDIENCE_ALREADY_EXISTS" };
    expect(await errorOf(await create(fake))).toMatchObject(refused);
    const whenExists = { status: 409, code: "CONFLICT", message: "taken" };
    const other = await start({ audiences: [], whenExists });
    expect((await create(other)).status).toBe(202);
    const answer = { status: 409, error_code: "CONFLICT", error_message: "taken" };
    expect(await errorOf(await create(other))).toEqual(answer);
    expect(other.counts.accepted).toBe(1);
  });

  it("changes nothing when it is accepted", async () => {
    const fake = await start({ audiences: [], whenExists: "accept" });
    await create(fake, { display_name: "first" });
    await post(fake, [add("a")]);
    const again = await create(fake, { display_name: "second", type: "emails" });
    expect(again.status).toBe(202);
    expect(await tokenOf(again)).toMatch(/^[0-9a-f]{32}$/);
    const shown = { display_name: "first", type: "CUSTOM_ID", nb_ids: 1 };
    expect(await (await view(fake)).json()).toMatchObject(shown);
  });

  it("may come back after its removal, which it must not overtake", async () => {
    const fake = await start(LATE, standing);
    await create(fake);
    await fake.settled();
    await remove(fake);
    expect((await create(fake)).status).toBe(400);
    await fake.settled();
    expect((await create(fake)).status).toBe(202);
    expect([...fake.audiences().keys()]).toEqual(["vips"]);
  });
});

describe("without given audiences", () => {
  it("there is one of each name, which comes to be listed by its creation or its first write", async () => {
    const fake = await start();
    expect((await view(fake, { name: "seen" })).status).toBe(200);
    expect(fake.audiences().size).toBe(0);
    expect((await create(fake, { name: "seen" })).status).toBe(202);
    await post(fake, [add("a")], { name: "updated" });
    await replace(fake, members(1), { name: "replaced" });
    expect([...fake.audiences().keys()]).toEqual(["seen", "updated", "replaced"]);
    for (const name of ["seen", "updated", "replaced"]) {
      expect((await create(fake, { name })).status).toBe(400);
    }
  });
});
