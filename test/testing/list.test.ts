import { describe, expect, it } from "vitest";
import { add } from "../support/actions.ts";
import { clockAt, post, start, TRANSPORTS, view } from "../support/fake.ts";
import { create, errorOf, list, remove } from "./calls.ts";

interface Page {
  audiences: { name: string }[];
  count?: number;
  has_more: boolean;
  next_from?: string;
}

const named = (count: number) => Array.from({ length: count }, (_, index) => `a${index}`);

const pageOf = async (response: Response) => (await response.json()) as Page;

const namesOn = ({ audiences }: Page) => audiences.map(({ name }) => name);

describe.each(TRANSPORTS)("the list %s", (_, start) => {
  it("shows ten audiences on a page, and their number on the first page only", async () => {
    const names = named(25);
    const fake = await start({ audiences: names });
    const first = await pageOf(await list(fake));
    expect(first).toMatchObject({ count: 25, has_more: true, next_from: expect.any(String) });
    expect(namesOn(first)).toEqual(names.slice(0, 10));
    const second = await pageOf(await list(fake, { from: first.next_from! }));
    expect(second).not.toHaveProperty("count");
    expect(namesOn(second)).toEqual(names.slice(10, 20));
    const last = await pageOf(await list(fake, { from: second.next_from! }));
    expect(last).toMatchObject({ has_more: false });
    expect(last).not.toHaveProperty("next_from");
    expect(namesOn(last)).toEqual(names.slice(20));
  });

  it("shows up to a hundred on a page", async () => {
    const fake = await start({ audiences: named(101) });
    const first = await pageOf(await list(fake, { limit: "100" }));
    expect([first.audiences.length, first.has_more]).toEqual([100, true]);
    const second = await pageOf(await list(fake, { limit: "1", from: first.next_from! }));
    expect([namesOn(second), second.has_more]).toEqual([["a100"], false]);
  });

  it.each(["101", "0", "-1", "1.5", "many"])("refuses a limit of %s", async (limit) => {
    const fake = await start();
    const error_message = "limit must be from 1 to 100";
    expect(await errorOf(await list(fake, { limit }))).toMatchObject({ status: 400, error_message });
  });

  it("refuses what is not one of its cursors, also one that was not encoded", async () => {
    const fake = await start({ audiences: named(2) });
    const { next_from } = await pageOf(await list(fake, { limit: "1" }));
    for (const from of ["", "1", decodeURIComponent(next_from!.replaceAll("+", " "))]) {
      expect(await errorOf(await list(fake, { from }))).toMatchObject({ status: 400 });
    }
    expect(next_from).not.toBe(encodeURIComponent(next_from!));
  });

  it("shows each audience as view does", async () => {
    const fake = await start(
      { audiences: ["a"], indexLag: { ms: 1000 }, busy: (name) => name === "busy" },
      () => 0,
    );
    await create(fake, { name: "b", display_name: "The best" });
    await create(fake, { name: "busy" });
    await post(fake, [add("1")], { name: "a" });
    await fake.settled();
    await post(fake, [add("2")], { name: "b" });
    const { audiences } = await pageOf(await list(fake));
    expect(audiences).toMatchObject([
      { name: "a", nb_ids: 1, indexing_state: "APPLIED" },
      { name: "b", nb_ids: 0, indexing_state: "IN_PROGRESS", display_name: "The best" },
      { name: "busy", indexing_state: "IN_PROGRESS" },
    ]);
    for (const audience of audiences) {
      expect(await (await view(fake, { name: audience.name })).json()).toEqual(audience);
    }
  });
});

describe("the list", () => {
  it("of no audiences is one page", async () => {
    const fake = await start({ audiences: [] });
    expect(await (await list(fake)).json()).toEqual({ audiences: [], count: 0, has_more: false });
  });

  it("ends with a full page when nothing follows", async () => {
    const fake = await start({ audiences: named(10) });
    const { audiences, has_more } = await pageOf(await list(fake));
    expect([audiences.length, has_more]).toEqual([10, false]);
  });

  it("holds what is created between two pages, and misses nothing when others are removed", async () => {
    const fake = await start({ audiences: named(6) });
    const first = await pageOf(await list(fake, { limit: "2" }));
    expect(namesOn(first)).toEqual(["a0", "a1"]);
    // One that was shown, the one at the cursor, and one that was not.
    for (const name of ["a0", "a1", "a3"]) await remove(fake, name);
    await create(fake, { name: "new" });
    const second = await pageOf(await list(fake, { limit: "2", from: first.next_from! }));
    expect(namesOn(second)).toEqual(["a2", "a4"]);
    const third = await pageOf(await list(fake, { limit: "2", from: second.next_from! }));
    expect([namesOn(third), third.has_more]).toEqual([["a5", "new"], false]);
  });

  it("ends with an empty page when all that was to follow is removed", async () => {
    const fake = await start({ audiences: named(3) });
    const { next_from } = await pageOf(await list(fake, { limit: "2" }));
    await remove(fake, "a2");
    expect(await (await list(fake, { from: next_from! })).json()).toEqual({ audiences: [], has_more: false });
  });

  it("shows what was created once it is known, and what was removed until that is applied", async () => {
    let now = 0;
    const options = { audiences: ["old"], indexLag: { ms: 1000 }, unknownUntilCreated: true };
    const fake = await start(
      options,
      clockAt(() => now),
    );
    await create(fake, { name: "new" });
    await remove(fake, "old");
    expect(namesOn(await pageOf(await list(fake)))).toEqual(["old"]);
    now = 1000;
    expect(namesOn(await pageOf(await list(fake)))).toEqual(["new"]);
  });
});
