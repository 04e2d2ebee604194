import { describe, expect, it } from "vitest";
import { adds, remove } from "../support/actions.ts";
import { inProcess } from "../support/environment.ts";
import { problems } from "../support/oracle.ts";

const allAdded = adds(20);
const allRemoved = allAdded.map(({ id }) => remove(id));

/** Ids come again in each call, and are indexed in any order unless a call waits for the one before. */
const LATE = { indexLag: { requests: 50 }, latencyMs: 100 };

describe("a call waits for what an earlier one on its audience left to be applied", () => {
  it("also when a call between the two is aborted before its turn", async () => {
    const { client, server } = await inProcess(LATE);
    const audiences = client();
    const first = audiences.update("vips", allAdded, { maxIdsPerRequest: 5 });
    const between = audiences.update("vips", [], { signal: AbortSignal.abort(new Error("aborted")) });
    await expect(between).rejects.toThrow("aborted");
    await first;
    await audiences.update("vips", allRemoved, { maxIdsPerRequest: 5 });
    expect(problems(server, { vips: [...allAdded, ...allRemoved] })).toEqual([]);
  });

  it("also when waitUntilApplied is called meanwhile", async () => {
    const { client, server } = await inProcess(LATE);
    const audiences = client();
    const first = audiences.update("vips", allAdded, { maxIdsPerRequest: 5 });
    await audiences.waitUntilApplied("vips", []);
    await first;
    await audiences.update("vips", allRemoved, { maxIdsPerRequest: 5 });
    expect(problems(server, { vips: [...allAdded, ...allRemoved] })).toEqual([]);
  });

  it("also when the earlier one was aborted with requests on their way (G2)", async () => {
    const { client, server, runtime, drained } = await inProcess(LATE);
    const audiences = client();
    const abort = new AbortController();
    const first = audiences.update("vips", allAdded, { maxIdsPerRequest: 5, signal: abort.signal });
    // After the work, before the answer.
    void runtime.sleep(LATE.latencyMs / 2).then(() => abort.abort(new Error("aborted")));
    await expect(first).rejects.toThrow("aborted");
    await drained();
    await audiences.update("vips", allRemoved, { maxIdsPerRequest: 5 });
    expect(problems(server, { vips: [...allAdded, ...allRemoved] })).toEqual([]);
  });

  it("also when the earlier one failed with requests on their way (G2)", async () => {
    const { client, server } = await inProcess({
      ...LATE,
      script: ({ number }) => (number === 2 ? { status: 401 } : undefined),
    });
    const audiences = client();
    const first = audiences.update("vips", allAdded, { maxIdsPerRequest: 5 });
    const second = audiences.update("vips", allRemoved, { maxIdsPerRequest: 5 });
    await expect(first).rejects.toThrow("401");
    await second;
    expect(problems(server, { vips: allRemoved })).toEqual([]);
  });
});

describe("an answer that does not say so does not count as applied", () => {
  it("a 200 without a token: the next call asks before it sends", async () => {
    const { client, server } = await inProcess({
      ...LATE,
      script: ({ number }) => (number === 1 ? { status: 200, body: "{}", afterWork: true } : undefined),
    });
    const audiences = client();
    await expect(audiences.update("vips", allAdded)).rejects.toThrow("200");
    await audiences.update("vips", allRemoved);
    expect(problems(server, { vips: [...allAdded, ...allRemoved] })).toEqual([]);
  });

  it("a token that the API does not know: once it cannot be new, the audience as a whole is asked for (G2)", async () => {
    const { client, server } = await inProcess({
      indexLag: { requests: 500 },
      hiddenViews: Infinity,
      latencyMs: 100,
    });
    const audiences = client();
    await audiences.update("vips", allAdded);
    await audiences.update("vips", allRemoved);
    expect(problems(server, { vips: [...allAdded, ...allRemoved] })).toEqual([]);
  });

  it.each([302, 400])("a %i to the question whether all is applied: the run ends", async (status) => {
    // Its answer is lost, then it is repeated; the token is applied, and the audience as a whole is asked for.
    const script = [{ breakage: "reset", afterWork: true }, "ok", "ok", { status }] as const;
    const { client, server } = await inProcess({ script });
    const audiences = client();
    await audiences.update("vips", allAdded);
    await expect(audiences.update("vips", allRemoved)).rejects.toThrow(`${status}`);
    expect(server.audience("vips").members.size).toBe(20);
  });
});
