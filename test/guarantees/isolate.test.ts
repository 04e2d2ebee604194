import fc from "fast-check";
import { expect, it } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import type { Action } from "../../src/testing/index.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { inProcess } from "../support/environment.ts";
import { imbalance, problems } from "../support/oracle.ts";
import { action, serverOptions, updateOptions } from "./arbitraries.ts";

it("with refused: isolate all that the API takes is delivered, and what it refuses comes back (G3)", {
  timeout: 240_000,
}, async () => {
  const cases = fc.record({
    actions: fc.array(action, { maxLength: 80, size: "max" }),
    server: serverOptions,
    options: updateOptions,
    // Of 202, the records are named in the answer.
    status: fc.constantFrom(202 as const, 400 as const, 422 as const),
    bad: fc.uniqueArray(
      fc.integer({ min: 0, max: 12 }).map((n) => `id-${n}`),
      { maxLength: 3 },
    ),
  });
  const isolates = fc.asyncProperty(cases, async ({ actions, server, options, status, bad }) => {
    const isBad = ({ action, id }: { action: string; id: string }) => action === "add" && bad.includes(id);
    const environment = await inProcess({
      ...server,
      faults: { ...server.faults, redirect: 0 },
      [status === 202 ? "refuseRecord" : "refuse"]: (action: Action) =>
        isBad(action) ? "no such profile" : undefined,
      ...(status !== 202 && { refusedStatus: status }),
    });
    const client = environment.client({ retry: { retries: 100 } });
    // Something is accepted before anything is refused: or else the refusals might be about the audience.
    const source: AudienceAction[] = [{ action: "add", id: "good" }, ...actions];
    const last = new Map(source.map((action) => [action.id, action]));

    const { report, undelivered } = await client
      .update("vips", source, { ...options, refused: "isolate", maxRefused: Infinity })
      .then((report) => ({ report, undelivered: [] }))
      .catch((error: unknown) => {
        if (error instanceof UpdateError) return error;
        throw error;
      });

    expect(Array.from(undelivered, ({ id }) => id).sort()).toEqual(
      [...last.values()].flatMap((action) => (isBad(action) ? action.id : [])).sort(),
    );
    expect(imbalance(report)).toBe(0);
    expect(report.failed).toBe(undelivered.length);
    // The message, or the status where a fault has garbled the answer.
    for (const { reason } of report.rejections) expect(reason).toMatch(/no such profile|answered 4/);
    expect(problems(environment.server, { vips: source.filter((action) => !isBad(action)) })).toEqual([]);
  });
  await fc.assert(isolates, { numRuns: 60 });
});
