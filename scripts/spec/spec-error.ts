/** A failure the person at the keyboard can mend: its message alone says what, for what, why and what to do next. */
export class SpecError extends Error {
  override name = "SpecError";
}

/** Why something was thrown, in one line, for quoting inside a {@link SpecError}. `fetch` hides its reason in `cause`. */
export function reasonOf(thrown: unknown): string {
  const origin = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const text = origin instanceof Error ? origin.message : String(origin);
  return text.split("\n", 1)[0]!.replace(/[.:]$/, "");
}
