import type { Tally } from "./compare.ts";
import type { Manifest } from "./manifest.ts";
import type { Guard } from "./mirror-errors.ts";
import type { MaxRemoved, ResolvedMirrorOptions } from "./mirror-options.ts";

const NOTHING = { members: 0, known: 0, removed: 0, sample: [] };
const UNTOUCHED = "nothing was sent";

/** What can be refused before the source is read. */
export function guardState(
  manifest: Manifest | undefined,
  audience: string,
  destination: string,
  { baseline, reassert }: ResolvedMirrorOptions,
): Guard | undefined {
  if (manifest === undefined) {
    if (baseline !== undefined || reassert) return undefined;
    const message =
      "refused: the state is empty, so this is the first run, and what the audience holds is not known; " +
      `${UNTOUCHED}. Say it with \`baseline\`: "empty" if it holds nothing, else "replace"`;
    return { kind: "baseline", message, ...NOTHING };
  }
  const isOther = manifest.audience !== audience;
  if (!isOther && manifest.destination === destination) return undefined;
  const what = isOther ? `the audience ${manifest.audience}` : "another project or base URL";
  const message = `refused: the state is of ${what}; ${UNTOUCHED}. Each audience of each project needs a state of its own`;
  return { kind: "identity", message, ...NOTHING };
}

/** What can be refused once the list is compared. `rejected`: records of the source that are invalid. */
export function guardChanges(
  tally: Tally,
  rejected: number,
  { maxRemoved, allowEmpty }: ResolvedMirrorOptions,
): Guard | undefined {
  const { members, known, removed } = tally;
  const sample = tally.removedSample.map((text) => JSON.parse(`"${text}"`) as string);
  const seen = { members, known, removed, sample };
  if (members === 0) {
    const isMeant = allowEmpty && rejected === 0;
    return isMeant ? undefined : { kind: "empty", message: emptyText(rejected, known), ...seen };
  }
  if (removed <= allowedOf(maxRemoved, known)) return undefined;
  return { kind: "removals", message: removalsText(seen, rejected, maxRemoved), ...seen };
}

function allowedOf(max: MaxRemoved, known: number): number {
  return "ids" in max ? max.ids : (known * max.percent) / 100;
}

function emptyText(rejected: number, known: number): string {
  const what =
    rejected === 0 ? "the source has no member" : `none of the ${count(rejected)} records is valid`;
  const effect = `the audience would be emptied of ${count(known)}`;
  const advice = rejected === 0 ? ". If this is meant: `allowEmpty`" : "";
  return `refused: ${what}, and ${effect}; ${UNTOUCHED}${advice}`;
}

function removalsText(
  { removed, known, sample }: Pick<Guard, "removed" | "known" | "sample">,
  rejected: number,
  max: MaxRemoved,
): string {
  const share = (100 * removed) / known;
  const digits = share < 10 ? 10 : 1;
  const shown = Math.floor(share * digits) / digits;
  const allowed = "ids" in max ? count(max.ids) : `${max.percent} %`;
  // Rounded up, so that the run that takes this advice is not refused.
  const meant = "ids" in max ? `${removed}` : `"${Math.ceil(share * digits) / digits}%"`;
  const ids = sample.map((id) => JSON.stringify(id.length > 60 ? `${id.slice(0, 60)}…` : id)).join(", ");
  const invalid = rejected === 0 ? "" : `; ${count(rejected)} records of the source are invalid`;
  return (
    `refused: ${count(removed)} of ${count(known)} members would be removed (${shown} %, allowed ${allowed}); ` +
    `first ids ${ids}${invalid}; ${UNTOUCHED}. If this is meant: \`maxRemoved: ${meant}\``
  );
}

function count(value: number): string {
  return value.toLocaleString("en");
}
