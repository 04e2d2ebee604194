import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "../../generated/schema.ts";
import type { Fetch, ResolvedClientOptions } from "../options.ts";
import { onAbort, type Runtime, untilAborted } from "../runtime.ts";
import { type Answer, responseHead } from "./answer.ts";

/** openapi-fetch, typed by the vendor's document. */
export type AudienceHttp = Client<paths>;

/** An audience as the API returns it. Every field is optional in the vendor's document. */
export type AudienceView = components["schemas"]["Audience"];

export function createHttp(
  { baseUrl, restKey, projectKey }: ResolvedClientOptions,
  fetch: Fetch,
): AudienceHttp {
  return createClient<paths>({
    baseUrl,
    fetch,
    headers: { Authorization: `Bearer ${restKey}`, "X-Batch-Project": projectKey },
    // A redirect would carry the key to wherever it points.
    redirect: "manual",
  });
}

/** One attempt of each route that the facade uses. Rejects only with the reason of `signal`. */
export interface HttpApi {
  update(audience: string, body: string, signal: AbortSignal | undefined): Promise<Answer>;
  view(audience: string, indexingToken: string | undefined, signal: AbortSignal | undefined): Promise<Answer>;
}

export function createHttpApi(options: ResolvedClientOptions, runtime: Runtime): HttpApi {
  const http = createHttp(options, readWhole(options.fetch));
  const header = { "X-Batch-Project": options.projectKey };

  async function attempt(
    cut: AbortSignal | undefined,
    call: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Answer> {
    const controller = new AbortController();
    const finished = new AbortController();
    let timedOut = false;
    const expire = (): void => {
      timedOut = true;
      controller.abort(new Error("timed out"));
    };
    cut?.throwIfAborted();
    const forget = cut && onAbort(cut, () => controller.abort(cut.reason));
    if (options.timeoutMs !== Number.POSITIVE_INFINITY) {
      runtime.sleep(options.timeoutMs, finished.signal).then(expire, () => {});
    }
    try {
      // Raced as well, for a `fetch` that ignores its signal.
      return answerOf(await untilAborted(call(controller.signal), controller.signal), runtime.date());
    } catch (cause) {
      if (timedOut) return { kind: "timeout" };
      cut?.throwIfAborted();
      return { kind: "lost", cause };
    } finally {
      finished.abort();
      forget?.();
    }
  }

  return {
    update: (name, body, cut) =>
      attempt(cut, (signal) =>
        http.POST("/audiences/update", {
          params: { header },
          body: { name, ids: [] },
          // The body is serialised already: once for each action.
          bodySerializer: () => body,
          parseAs: "text",
          signal,
        }),
      ),
    view: (name, indexingToken, cut) =>
      attempt(cut, (signal) => {
        const query = indexingToken === undefined ? { name } : { name, indexing_token: indexingToken };
        return http.GET("/audiences/view", { params: { header, query }, parseAs: "text", signal });
      }),
  };
}

interface Result {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/** openapi-fetch hands on the text of a success, and of an error its JSON or else its text. */
function answerOf({ data, error, response }: Result, localDate: number): Answer {
  const body: unknown = typeof data === "string" && data !== "" ? parse(data) : error;
  return { kind: "response", ...responseHead(response, localDate), body };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The runtime's own error quotes from the text, which may repeat the key.
    throw new Error("its body is not JSON");
  }
}

/**
 * Reads the body here, where it can be cancelled: an answer that is no longer waited for holds no connection. Of a refusal
 * the status is enough, so a body that breaks off does not turn it into a lost answer.
 */
function readWhole(fetch: Fetch): Fetch {
  return async (request) => {
    const response: Response | undefined = await fetch(request);
    if (typeof response?.status !== "number") throw new TypeError("`fetch` gave no Response");
    let text = "";
    try {
      text = await readText(response, request.signal);
    } catch (cause) {
      if (response.ok || request.signal.aborted) throw cause;
    }
    // Browsers show a redirect that is not followed as status 0.
    const status = response.type === "opaqueredirect" ? 302 : response.status;
    return new Response(text === "" ? null : text, { status, headers: response.headers });
  };
}

async function readText({ body }: Response, signal: AbortSignal): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await untilAborted(reader.read(), signal);
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    reader.cancel(cause).catch(() => {});
    throw cause;
  }
}
