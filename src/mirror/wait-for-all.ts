import type { AudienceClient } from "../client.ts";
import { ApiError, AudienceError } from "../errors.ts";
import type { ResolvedUpdateOptions } from "../update/update-options.ts";
import type { MirrorReport } from "./mirror-report.ts";

/**
 * Waits until what was sent is applied. Resolves to false if that is not known: what was accepted is not lost, and the next run waits
 * for it. A warning says why. Rejects only with the signal's reason.
 */
export async function waitForAll(
  client: AudienceClient,
  report: MirrorReport,
  tokens: readonly string[],
  { signal, indexingTimeoutMs }: ResolvedUpdateOptions,
): Promise<boolean> {
  const isOfEarlierRun = report.receipts.length === 0;
  try {
    await client.waitUntilApplied(report.audience, tokens, { signal, timeoutMs: indexingTimeoutMs });
    return true;
  } catch (error) {
    // The API does not say how long it knows a token.
    if (isOfEarlierRun && error instanceof ApiError && error.status === 404) return true;
    warn(report, error, signal);
    return false;
  }
}

/**
 * Asks the API how many ids the audience has. While something is indexed, a request without a token or of another program, the
 * number says nothing: then it resolves to false. What the API says never fails a run.
 */
export async function countIds(
  client: AudienceClient,
  report: MirrorReport,
  { signal }: ResolvedUpdateOptions,
): Promise<boolean> {
  try {
    const { nb_ids: actualIds, indexing_state: state = "APPLIED" } = await client.view(report.audience, {
      signal,
    });
    const isApplied = state === "APPLIED" || state === "REPLACED";
    if (!isApplied && leavesDoubt(report)) report.applied = false;
    if (isApplied && typeof actualIds === "number") report.actualIds = actualIds;
    return isApplied;
  } catch (error) {
    warn(report, error, signal);
    return false;
  }
}

/** Whether something may be on its way without a token: an answer was lost, or had none. */
export function leavesDoubt({ retries, receipts }: MirrorReport): boolean {
  return retries > 0 || receipts.some(({ indexingToken }) => indexingToken === undefined);
}

function warn(report: MirrorReport, error: unknown, signal: AbortSignal | undefined): void {
  if (signal?.aborted || !(error instanceof AudienceError)) throw error;
  report.warnings.push({ reason: error.message, count: 1, samples: [] });
}
