/** A failure that the user can correct. Its message alone says what failed, for what, why and what to do next. */
export class SpecError extends Error {
  override name = "SpecError";
}

/** The reason of an error, on one line, for the message of a {@link SpecError}. `fetch` puts its reason into `cause`. */
export function reasonOf(thrown: unknown): string {
  const origin = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const text = origin instanceof Error ? origin.message : String(origin);
  return text.split("\n", 1)[0]!.replace(/[.:]$/, "");
}
