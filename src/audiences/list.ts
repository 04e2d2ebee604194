import { limits } from "../../generated/limits.ts";
import { ConnectionError } from "../errors.ts";
import { assertOption, assertOptionNames, isSignal } from "../options.ts";
import type { AudienceView } from "../transport/http.ts";
import type { ApiRequest } from "../transport/requests.ts";
import type { Transport } from "../transport/transport.ts";

export interface ListOptions {
  signal?: AbortSignal | undefined;
}

/** A page as the document has it, every field optional. */
interface Page {
  audiences?: AudienceView[] | null;
  has_more?: boolean;
  next_from?: string | null;
}

/** All audiences, page by page: the next page is asked for once the caller has taken all of the one before. */
export async function* list(options: ListOptions, transport: Transport): AsyncGenerator<AudienceView> {
  const { signal } = options;
  let from: string | undefined;
  do {
    signal?.throwIfAborted();
    const page = await getPage(from, signal, transport);
    yield* page.audiences ?? [];
    // A page that leads to itself would be asked for again and again.
    from = page.has_more === true && page.next_from !== from ? (page.next_from ?? undefined) : undefined;
  } while (from !== undefined);
}

export function checkList(options: ListOptions): void {
  assertOptionNames("options", options, ["signal"]);
  assertOption("signal", isSignal(options.signal), "an AbortSignal", options.signal);
}

async function getPage(
  from: string | undefined,
  signal: AbortSignal | undefined,
  transport: Transport,
): Promise<Page> {
  const limit = limits.maxAudiencesPerPage;
  const query = from === undefined ? { limit } : { from, limit };
  const request: ApiRequest = { method: "GET", path: "/audiences/list", query };
  const result = await transport.send(request, { halt: signal, cut: signal });
  if (result.kind === "aborted") throw result.reason;
  const { answer } = result;
  if (answer.kind !== "response" || answer.status !== 200) throw result.toError();
  const page = (answer.body ?? {}) as Page;
  if (isReadable(page)) return page;
  const problem = "its `audiences` is no list, or its `next_from` no text";
  throw new ConnectionError(`No readable answer to /audiences/list: ${problem}.`, result.attempts);
}

/** A cursor that is no text would be sent as another one, again and again. */
function isReadable({ audiences, next_from }: Partial<Record<keyof Page, unknown>>): boolean {
  return Array.isArray(audiences ?? []) && typeof (next_from ?? "") === "string";
}
