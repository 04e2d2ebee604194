import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "../../generated/schema.ts";
import type { Fetch, ResolvedClientOptions } from "../options.ts";
import { onAbort, type Runtime, untilAborted } from "../runtime.ts";
import { type Answer, responseHead } from "./answer.ts";
import { assertResponse } from "./connection-fault.ts";
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
    // A redirect would send the key to another server.
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
    // Outside `try`: a body that cannot be made is no lost answer.
    const body = request.method === "POST" ? request.body() : "";
    const forget = cut && onAbort(cut, () => controller.abort(cut.reason));
    if (options.timeoutMs !== Number.POSITIVE_INFINITY) {
      runtime.sleep(options.timeoutMs, finished.signal).then(expire, () => {});
    }
    try {
      // Some `fetch` functions ignore the signal, so it is raced too.
      const result = await untilAborted(call(request, body, controller.signal), controller.signal);
      return answerOf(result, runtime.date());
    } catch (cause) {
      if (timedOut) return { kind: "timeout" };
      cut?.throwIfAborted();
      return { kind: "lost", cause };
    } finally {
      // Without a reason, one with a stack trace would be made.
      finished.abort("finished");
      forget?.();
    }
  };
}

interface Result {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/** openapi-fetch gives a success as text, an error as JSON or text. */
function answerOf({ data, error, response }: Result, localDate: number): Answer {
  const body: unknown = typeof data === "string" && data !== "" ? parse(data) : error;
  return { kind: "response", ...responseHead(response, localDate), body };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The runtime's error would quote the text, which may contain the key.
    throw new Error("its body is not JSON");
  }
}

/**
 * Reads the body here, so that an abort cancels it and frees the connection. If the body of a refusal breaks off, the
 * status is still an answer.
 */
function readWhole(fetch: Fetch): Fetch {
  return async (request) => {
    const response = await fetch(request);
    assertResponse(response);
    let text = "";
    try {
      text = await readText(response, request.signal);
    } catch (cause) {
      if (response.ok || request.signal.aborted) throw cause;
    }
    // Browsers give status 0 to a redirect that is not followed.
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
