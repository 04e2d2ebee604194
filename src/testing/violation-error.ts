import type { Violation } from "./fake-options.ts";

/** So many are listed. */
const MAX_LISTED = 10;

/** What a failing test shows: the rules that were broken, and how to see it again. */
export function violationError(violations: readonly Violation[], seed: number): Error {
  const listed = violations.slice(0, MAX_LISTED).map(({ rule, requests, id }) => {
    const which = `${requests.length === 1 ? "request" : "requests"} ${requests.join(" and ")}`;
    return `- ${rule}: ${which}${id === undefined ? "" : `, id ${JSON.stringify(id)}`}`;
  });
  if (violations.length > MAX_LISTED) listed.push(`- and ${violations.length - MAX_LISTED} more`);
  return new Error(
    `Batch's client broke ${violations.length === 1 ? "a rule" : "rules"} (the numbers are those of \`requests\`):
${listed.join("\n")}
The seed was ${seed}. To replay the run: createFakeBatch({ seed: ${seed}, … }) with the same options, then the same calls.`,
  );
}
