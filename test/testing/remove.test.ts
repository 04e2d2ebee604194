import { describe, expect, it } from "vitest";
import { add, addWith } from "../support/actions.ts";
import { clockAt, post, start, stateOf, TRANSPORTS, tokenOf, view } from "../support/fake.ts";
import type { Fake } from "../support/fake-server.ts";
import { create, errorOf, members, remove, replace } from "./calls.ts";

const SEEDS = Array.from({ length: 10 }, (_, seed) => seed);
const standing = clockAt(() => 0);

const namesOf = (fake: Fake): string[] => [...fake.audiences().keys()];

describe.each(TRANSPORTS)("a removed audience %s", (_, start) => {
  it("is there until its removal is applied, and gone then", async () => {
    let now = 0;
    const fake = await start({ audiences: ["vips", "other"], indexLag: { ms: 1000 } }, () => now);
    const updated = await tokenOf(await post(fake, [add("a")]));
    now = 2000;
    const response = await remove(fake);
    expect(response.status).toBe(202);
    const removed = await tokenOf(response);
    expect(await stateOf(await view(fake, { name: "vips", indexing_token: removed }))).toBe("IN_PROGRESS");
    expect(namesOf(fake)).toEqual(["vips", "other"]);
    expect(fake.audience("vips").members.size).toBe(1);

    now = 3000;
    expect(namesOf(fake)).toEqual(["other"]);
    expect(fake.audience("vips").members.size).toBe(0);
    for (const indexing_token of [updated, removed]) {
      expect((await view(fake, { name: "vips", indexing_token })).status).toBe(404);
    }
    for (const refused of [
      await view(fake),
      await post(fake, [add("a")]),
      await replace(fake, members(1)),
      await remove(fake),
    ]) {
      expect(await errorOf(refused)).toMatchObject({ status: 404, error_code: "AUDIENCE_NOT_FOUND" });
    }
    expect((await view(fake, { name: "other" })).status).toBe(200);
  });

  it("is missing in the way that the options say, on all routes or on some", async () => {
    const missing = { status: 400, code: "NO_AUDIENCE", message: "gone" };
    const error = { status: 400, error_code: "NO_AUDIENCE", error_message: "gone" };
    const everywhere = await start({ audiences: [], whenMissing: missing });
    expect(await errorOf(await remove(everywhere))).toEqual(error);
    expect(await errorOf(await view(everywhere))).toEqual(error);
    const writing = await start({
      audiences: [],
      whenMissing: ({ route }) => (route.startsWith("POST") ? missing : undefined),
    });
    expect(await errorOf(await remove(writing))).toEqual(error);
    expect((await view(writing)).status).toBe(404);
  });

  it("can be removed without being in use, where there is one of each name", async () => {
    const fake = await start();
    expect((await remove(fake)).status).toBe(202);
    expect((await remove(fake)).status).toBe(404);
    expect((await post(fake, [add("a")])).status).toBe(404);
    expect((await create(fake)).status).toBe(202);
    expect((await remove(fake)).status).toBe(202);
    expect((await remove(fake)).status).toBe(404);
  });
});

describe("a removal", () => {
  it("is refused for what is not the name of an audience", async () => {
    const fake = await start();
    expect(await errorOf(await remove(fake, "a b"))).toMatchObject({ status: 400 });
    expect(await errorOf(await remove(fake, ""))).toMatchObject({ error_message: "name is missing" });
    expect(fake.counts.accepted).toBe(0);
  });

  it("leaves nothing of the audience to one that is created afterwards", async () => {
    const fake = await start({ audiences: ["vips"] });
    const indexing_token = await tokenOf(await post(fake, [addWith("a", { n: 1 })]));
    await remove(fake);
    await create(fake, { display_name: "new" });
    expect(fake.audience("vips").members.size).toBe(0);
    expect(await (await view(fake)).json()).toMatchObject({ display_name: "new", nb_ids: 0 });
    expect((await view(fake, { name: "vips", indexing_token })).status).toBe(404);
  });

  /** What became of an update and a creation that were accepted before a removal, once it was created again. */
  async function beforeRemoval(supersedes: boolean): Promise<Set<string>> {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const fake = await start({ seed, audiences: [], indexLag: { ms: 1000 }, supersedes }, standing);
      await create(fake);
      await post(fake, [add("a")]);
      await remove(fake);
      await fake.settled();
      const wasThere = fake.audiences().has("vips");
      await create(fake);
      await fake.settled();
      seen.add(`${wasThere ? "there" : "gone"} with ${fake.audience("vips").members.size}`);
    }
    return seen;
  }

  it("drops what was accepted before it and is not applied", async () => {
    expect(await beforeRemoval(true)).toEqual(new Set(["gone with 0"]));
  });

  it("may be followed by what was accepted before it, when the options say so", async () => {
    expect(await beforeRemoval(false)).toEqual(new Set(["gone with 0", "there with 0", "there with 1"]));
  });

  it("takes with it what was accepted after it, in whatever order they are applied", async () => {
    for (const seed of SEEDS) {
      const fake = await start({ seed, audiences: ["vips"], indexLag: { ms: 1000 } }, standing);
      await remove(fake);
      expect((await post(fake, [add("a")])).status).toBe(202);
      await fake.settled();
      expect(fake.audiences()).toEqual(new Map());
      expect(fake.audience("vips").members.size).toBe(0);
    }
  });

  it("may come after a creation that was accepted after it", async () => {
    const seen = new Set<boolean>();
    for (const seed of SEEDS) {
      const options = { seed, audiences: ["vips"], indexLag: { ms: 1000 }, whenExists: "accept" } as const;
      const fake = await start(options, standing);
      await remove(fake);
      await create(fake);
      await fake.settled();
      seen.add(fake.audiences().has("vips"));
    }
    expect(seen).toEqual(new Set([true, false]));
  });
});
