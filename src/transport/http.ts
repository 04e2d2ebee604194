import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "../../generated/schema.ts";
import type { Config } from "../options.ts";
import { onAbort, type Runtime, untilAborted } from "../runtime.ts";
import type { Answer } from "./retry-decision.ts";

/** openapi-fetch, typed by the vendor's document. */
export type AudienceHttp = Client<paths>;

/** An audience as the API returns it. Every field is optional in the vendor's document. */
export type AudienceView = components["schemas"]["Audience"];

type Fetch = Config["fetch"];

export function createHttp({ baseUrl, restKey, projectKey }: Config, fetch: Fetch): AudienceHttp {
  return createClient<paths>({
    baseUrl,
    fetch,
    headers: { Authorization: `Bearer ${restKey}`, "X-Batch-Project": projectKey },
    // A redirect would carry the key to wherever it points.
    redirect: "manual",
  });
}

/** The two calls of the facade, one attempt each. */
export interface Api {
  update(audience: string, body: string, signal: AbortSignal): Promise<Answer>;
  view(audience: string, indexingToken: string | undefined, signal: AbortSignal): Promise<Answer>;
}

export function createApi(config: Config, runtime: Runtime): Api {
  const http = createHttp(config, readWhole(config.fetch));
  const header = { "X-Batch-Project": config.projectKey };

  /** Never rejects but with the reason of `signal`. */
  async function attempt(
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Answer> {
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal.reason);
    const finished = new AbortController();
    let timedOut = false;
    const timeOut = (): void => {
      timedOut = true;
      controller.abort(new Error("timed out"));
    };
    signal.throwIfAborted();
    const forget = onAbort(signal, abort);
    if (config.timeoutMs !== Number.POSITIVE_INFINITY) {
      runtime.sleep(config.timeoutMs, finished.signal).then(timeOut, () => {});
    }
    try {
      // Raced as well, for a `fetch` that does not heed its signal.
      return answerOf(await untilAborted(call(controller.signal), controller.signal));
    } catch (cause) {
      if (timedOut) return { kind: "timeout" };
      signal.throwIfAborted();
      return { kind: "lost", cause };
    } finally {
      finished.abort();
      forget();
    }
  }

  return {
    update: (name, body, signal) =>
      attempt(signal, (signal) =>
        http.POST("/audiences/update", {
          params: { header },
          body: { name, ids: [] },
          // The body is serialised already: once for each action.
          bodySerializer: () => body,
          parseAs: "text",
          signal,
        }),
      ),
    view: (name, indexingToken, signal) =>
      attempt(signal, (signal) => {
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
function answerOf({ data, error, response }: Result): Answer {
  const body: unknown = typeof data === "string" && data !== "" ? parse(data) : error;
  return { kind: "response", status: response.status, body, retryAfter: response.headers.get("Retry-After") };
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
    const response = await fetch(request);
    let text = "";
    try {
      text = await read(response, request.signal);
    } catch (cause) {
      if (response.ok || request.signal.aborted) throw cause;
    }
    // Browsers show a redirect that is not followed as status 0.
    const status = response.type === "opaqueredirect" ? 302 : response.status;
    return new Response(text === "" ? null : text, { status, headers: response.headers });
  };
}

async function read({ body }: Response, signal: AbortSignal): Promise<string> {
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
