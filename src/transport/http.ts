import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "../../generated/schema.ts";
import type { Fetch, ResolvedClientOptions } from "../options.ts";
import { onAbort, type Runtime, untilAborted } from "../runtime.ts";
import { type Answer, responseHead } from "./answer.ts";
import type { ApiRequest } from "./requests.ts";

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

/** One attempt. Rejects only with the reason of `cut`. */
export type SendOnce = (request: ApiRequest, cut: AbortSignal | undefined) => Promise<Answer>;

export function createSendOnce(options: ResolvedClientOptions, runtime: Runtime): SendOnce {
  const http = createHttp(options, readWhole(options.fetch));
  const header = { "X-Batch-Project": options.projectKey };

  function call(request: ApiRequest, body: string, signal: AbortSignal): Promise<Result> {
    const common = { parseAs: "text", signal } as const;
    if (request.method === "GET") {
      const query = request.query as { name: string };
      return http.GET(request.path as "/audiences/view", { ...common, params: { header, query } });
    }
    return http.POST(request.path as "/audiences/update", {
      ...common,
      params: { header },
      // The body is serialised already: once for each action.
      body: { name: "", ids: [] },
      bodySerializer: () => body,
    });
  }

  return async function sendOnce(request, cut) {
    const controller = new AbortController();
    const finished = new AbortController();
    let timedOut = false;
    const expire = (): void => {
      timedOut = true;
      controller.abort(new Error("timed out"));
    };
    cut?.throwIfAborted();
    // Before anything can be in doubt: a body that cannot be made is no lost answer.
    const body = request.method === "POST" ? request.body() : "";
    const forget = cut && onAbort(cut, () => controller.abort(cut.reason));
    if (options.timeoutMs !== Number.POSITIVE_INFINITY) {
      runtime.sleep(options.timeoutMs, finished.signal).then(expire, () => {});
    }
    try {
      // Raced as well, for a `fetch` that ignores its signal.
      const result = await untilAborted(call(request, body, controller.signal), controller.signal);
      return answerOf(result, runtime.date());
    } catch (cause) {
      if (timedOut) return { kind: "timeout" };
      cut?.throwIfAborted();
      return { kind: "lost", cause };
    } finally {
      finished.abort();
      forget?.();
    }
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
