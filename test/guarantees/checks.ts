import type { AudienceAction } from "../../src/actions/action.ts";
import type { Counts } from "../../src/update/report.ts";
import { differences, oracle, type SourceAction } from "../simulator/oracle.ts";
import type { Server } from "./in-process.ts";

/** What is wrong with a server once all is applied, in words: rules that were broken, ids in a wrong state. */
export function problems(server: Server, audiences: Record<string, AudienceAction[]>): string[] {
  server.settle();
  const broken = server.violations.slice(0, 5).map((violation) => JSON.stringify(violation));
  const wrong = Object.entries(audiences).flatMap(([audience, actions]) =>
    differences(server.audience(audience), oracle(actions as SourceAction[]), 3).map(
      (difference) => `${audience}: ${difference}`,
    ),
  );
  return [...broken, ...wrong];
}

/** By how many actions the sums differ: 0 when the report balances. */
export function imbalance(counts: Counts): number {
  const { received, superseded, rejected, accepted, failed, unsent } = counts;
  const least = Math.min(superseded, rejected, accepted, failed, unsent);
  return least < 0 ? least : received - (superseded + rejected + accepted + failed + unsent);
}
