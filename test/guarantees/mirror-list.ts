import type { AudienceMember } from "../../src/actions/action.ts";
import { createRandom, integer } from "../support/random.ts";

const IDS = 300;

/** One list after the other: most of an older one is in a newer one, some with other attributes. */
export function randomMembers(list: number): AudienceMember[] {
  const random = createRandom(list + 1);
  return Array.from({ length: IDS }, (_, n) => ({
    id: `id-${n}`,
    attributes: { v: integer(random, 1) },
  })).filter(() => random() < 0.7);
}
