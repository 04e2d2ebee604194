import type { AudienceAction } from "../../../src/index.ts";

export function actions(
  count: number,
  options?: { repeats?: number; seed?: number },
): Generator<AudienceAction>;
