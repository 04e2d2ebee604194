import fc from "fast-check";
import { expect, it } from "vitest";
import type { Checkpoint } from "../../src/update/report.ts";
import { inProcess } from "../support/environment.ts";
import { problems } from "../support/oracle.ts";
import { action, mostlyDistinct, serverOptions, updateOptions } from "./arbitraries.ts";

it.each([
  ["few ids", fc.array(action, { maxLength: 80, size: "max" })],
  ["ids that hardly come again", mostlyDistinct],
])(
  "a run over %s that is cut off anywhere resumes in another process from the last checkpoint it wrote, or any before (G5)",
  {
    timeout: 240_000,
  },
  async (_, actions) => {
    const cases = fc.record({
      actions,
      server: serverOptions,
      options: updateOptions,
      /** After how many requests each run is cut off, and how many of its checkpoints were never written. */
      cuts: fc.array(
        fc.record({ after: fc.integer({ min: 1, max: 30 }), lost: fc.constantFrom(0, 0, 0, 1, 3) }),
        {
          maxLength: 6,
        },
      ),
    });
    const resumes = fc.asyncProperty(cases, async ({ actions, server, options, cuts }) => {
      let abort = new AbortController();
      let requestsLeft = Infinity;
      const environment = await inProcess({
        ...server,
        faults: { ...server.faults, redirect: 0 },
        onRequest() {
          if (--requestsLeft === 0) abort.abort(new Error("cut off"));
        },
      });
      let written: Checkpoint = { records: 0 };
      for (const { after, lost } of cuts) {
        abort = new AbortController();
        requestsLeft = after;
        const checkpoints = [written];
        const onProgress = ({ checkpoint }: { checkpoint: Checkpoint }) => {
          if (!abort.signal.aborted) checkpoints.push(JSON.parse(JSON.stringify(checkpoint)));
        };
        const client = environment.client({ retry: { retries: 100 } });
        const { signal } = abort;
        const run = client.update("vips", actions, { ...options, resumeFrom: written, onProgress, signal });
        await run.catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
        await environment.drained();
        written = checkpoints.at(-1 - lost) ?? written;
      }
      requestsLeft = Infinity;
      await environment
        .client({ retry: { retries: 100 } })
        .update("vips", actions, { ...options, resumeFrom: written });
      expect(problems(environment.server, { vips: actions })).toEqual([]);
    });
    await fc.assert(resumes, { numRuns: 60 });
  },
);
