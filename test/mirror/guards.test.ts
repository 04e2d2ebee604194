import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { MirrorGuardError, mirror } from "../../src/mirror/index.ts";
import { rejection } from "../support/expectations.ts";
import { manyMembers, members, mirrored } from "../support/mirrored.ts";

/** Runs again as if nothing had been: nothing was sent, and the state is as it was. */
async function expectUntouched(
  { run, sent }: ReturnType<typeof mirrored>,
  list: { id: string }[],
  requests: number,
) {
  expect(sent()).toHaveLength(requests);
  expect(await run(list)).toMatchObject({ unchanged: list.length, requests: 0 });
}

describe("a run is refused before the first request", () => {
  it("if more would be removed than allowed, with what it saw (G12)", async () => {
    const audience = mirrored();
    await audience.run(manyMembers(5000));
    const error = await rejection(
      audience.run(manyMembers(188), { maxRemoved: undefined }),
      MirrorGuardError,
    );
    expect(error).toMatchObject({
      code: "MIRROR_GUARD",
      kind: "removals",
      members: 188,
      known: 5000,
      removed: 4812,
    });
    expect(error.sample).toHaveLength(5);
    expect(error.message).toMatch(
      /^refused: 4,812 of 5,000 members would be removed \(96 %, allowed 15 %\); first ids "id-\d+", .*; nothing was sent\. If this is meant: `maxRemoved: "97%"`$/,
    );
    await expectUntouched(audience, manyMembers(5000), 1);
    // What it advises works.
    expect(await audience.run(manyMembers(188), { maxRemoved: "97%" })).toMatchObject({ removed: 4812 });
  });

  it.each([
    ["15%", 15, true],
    ["15%", 16, false],
    ["0.5%", 1, false],
    [15, 15, true],
    [15, 16, false],
    [0, 0, true],
    [0, 1, false],
    [Number.POSITIVE_INFINITY, 99, true],
  ] as const)(
    "unless maxRemoved allows it: %s, and %i of 100 have gone: %s",
    async (maxRemoved, gone, isAllowed) => {
      const { run } = mirrored();
      await run(manyMembers(100));
      const ended = run(manyMembers(100 - gone), { maxRemoved });
      if (isAllowed) expect(await ended).toMatchObject({ removed: gone });
      else
        expect(await rejection(ended, MirrorGuardError)).toMatchObject({ kind: "removals", removed: gone });
    },
  );

  it("if the source has no member, unless that is allowed (G12)", async () => {
    const audience = mirrored();
    await audience.run(members("a", "b"));
    const error = await rejection(audience.run([]), MirrorGuardError);
    expect(error).toMatchObject({ kind: "empty", members: 0, known: 2, removed: 2 });
    expect(error.message).toContain("the source has no member");
    await expectUntouched(audience, members("a", "b"), 1);
    expect(await audience.run([], { allowEmpty: true, maxRemoved: "15%" })).toMatchObject({
      removed: 2,
      expectedIds: 0,
    });
    expect(await audience.content()).toEqual({});
  });

  it("if all of its records are invalid, also if no member is allowed", async () => {
    const { run } = mirrored();
    const ended = run([{ id: 1 }, { id: 2 }], { invalid: "skip", allowEmpty: true });
    expect(await rejection(ended, MirrorGuardError)).toMatchObject({
      kind: "empty",
      message: expect.stringContaining("none of the 2 records is valid"),
    });
  });

  it("on the first run that does not say what the audience holds (G11)", async () => {
    const { run, sent } = mirrored();
    const error = await rejection(run(members("a"), { baseline: undefined }), MirrorGuardError);
    expect(error.kind).toBe("baseline");
    expect(error.message).toMatch(/first run.*nothing was sent.*`baseline`: "empty".*"replace"/);
    expect(sent()).toEqual([]);
    await run(members("a"));
    // It is needed only then.
    expect(await run(members("a"), { baseline: undefined })).toMatchObject({ unchanged: 1 });
  });

  it.each([
    ["another audience", "others", {}, "the state is of the audience vips"],
    ["another project", "vips", { projectKey: "another" }, "another project or base URL"],
    ["another base URL", "vips", { baseUrl: "http://another.invalid/2.11" }, "another project or base URL"],
  ])("with the state of %s (G12)", async (_, name, clientOptions, text) => {
    const { run, client, state, fake } = mirrored();
    await run(members("a"));
    const requests = fake.requests.length;
    const ended = mirror(client(clientOptions), name, members("a"), { state, baseline: "replace" });
    const error = await rejection(ended, MirrorGuardError);
    expect(error.kind).toBe("identity");
    expect(error.message).toContain(text);
    expect(fake.requests).toHaveLength(requests);
  });

  it("but not with another REST key or a newer version of the API", async () => {
    const { run, client, state } = mirrored();
    await run(members("a"));
    const newer = client({ restKey: "another", apiVersion: "2.12" });
    const report = await mirror(newer, "vips", members("a"), { state, wait: false });
    expect(report).toMatchObject({ unchanged: 1 });
  });
});

describe("a dry run", () => {
  it("shows the plan, sends nothing and changes nothing", async () => {
    const { run, fake } = mirrored();
    await run(manyMembers(10));
    const requests = fake.requests.length;
    const report = await run(manyMembers(10, 2), { dryRun: true, maxIdsPerRequest: 2 });
    expect(report).toMatchObject({
      members: 10,
      added: 2,
      removed: 2,
      unchanged: 8,
      requests: 2,
      accepted: 4,
      guards: [],
    });
    expect(report).not.toHaveProperty("actualIds");
    expect(fake.requests).toHaveLength(requests);
    expect(await run(manyMembers(10))).toMatchObject({ unchanged: 10, requests: 0 });
  });

  it("reports what the guards would refuse (G12)", async () => {
    const { run, client, state } = mirrored();
    expect((await run(members("a"), { dryRun: true, baseline: undefined })).guards).toMatchObject([
      { kind: "baseline" },
    ]);
    await run(members("a", "b"));
    const report = await mirror(client(), "others", members("a"), { state, dryRun: true });
    expect(report.guards).toMatchObject([
      { kind: "identity" },
      { kind: "removals", removed: 1, sample: ["b"] },
    ]);
    expect(report).toMatchObject({ removed: 1, unchanged: 1 });
  });
});

describe("an option that cannot work is refused at once", () => {
  it.each<[object, string]>([
    [{ state: undefined }, "state"],
    [{ state: { open() {} } }, "state"],
    [{ baseline: "nothing" }, "baseline"],
    [{ maxRemoved: "15" }, "maxRemoved"],
    [{ maxRemoved: "101%" }, "maxRemoved"],
    [{ maxRemoved: -1 }, "maxRemoved"],
    [{ maxRemoved: 1.5 }, "maxRemoved"],
    [{ allowEmpty: 1 }, "allowEmpty"],
    [{ reassert: "yes" }, "reassert"],
    [{ wait: "yes" }, "wait"],
    [{ resumeFrom: { records: 0 } }, "resumeFrom"],
    [{ betweenWindows: "accepted" }, "betweenWindows"],
    [{ maxRemove: 1 }, "maxRemove"],
    [{ maxIdsPerRequest: 0 }, "maxIdsPerRequest"],
  ])("%o", async (options, option) => {
    const { run, fake } = mirrored();
    const error = await rejection(run(members("a"), options), ConfigurationError);
    expect(error.option).toBe(option);
    expect(fake.requests).toEqual([]);
  });
});
