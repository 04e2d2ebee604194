import { TimeoutError } from "../errors.ts";
import type { ResolvedClientOptions } from "../options.ts";
import { type Runtime, untilAborted } from "../runtime.ts";
import { responseHead } from "./answer.ts";
import { errorFromAnswer } from "./error-from-answer.ts";
import { createHttpApi, type HttpApi } from "./http.ts";
import { InFlight } from "./in-flight.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { throttleMs } from "./retry-decision.ts";
import { type Exchange, type SendOptions, type SharedState, sendWithRetry } from "./send-with-retry.ts";

const ROUTES = { update: "POST /audiences/update", view: "GET /audiences/view" } as const;

/** How an exchange ended. */
export type SendResult = Exchange & {
  /** The error that this is, where it is one. */
  toError(): unknown;
  /** A text of the answer without the REST key, which a server may repeat. */
  redact(text: string): string;
};

/** Sends a request until there is a final answer, or no further try. No method rejects. */
export interface Transport {
  readonly limiter: Pick<RateLimiter, "intervalMs" | "throttledMs" | "throttledForMs">;
  /** `body` is made for each attempt, so that none is held while it waits. */
  update(audience: string, body: () => string, options: SendOptions): Promise<SendResult>;
  /** Without a token, asks for the audience as a whole. */
  view(audience: string, indexingToken: string | undefined, options: SendOptions): Promise<SendResult>;
}

export class HttpTransport implements Transport {
  readonly limiter: RateLimiter;
  readonly #options: ResolvedClientOptions;
  readonly #shared: SharedState;
  readonly #api: HttpApi;

  constructor(options: ResolvedClientOptions, runtime: Runtime) {
    const { requestsPerSecond, maxInFlight, retry: policy } = options;
    this.limiter = new RateLimiter(requestsPerSecond, runtime);
    this.#options = options;
    this.#shared = { policy, limiter: this.limiter, inFlight: new InFlight(maxInFlight), runtime };
    this.#api = createHttpApi(options, runtime);
  }

  async update(audience: string, body: () => string, options: SendOptions): Promise<SendResult> {
    const attempt = (cut?: AbortSignal) => this.#api.update(audience, body(), cut);
    return this.#withError(ROUTES.update, await sendWithRetry(attempt, this.#shared, options));
  }

  async view(audience: string, indexingToken: string | undefined, options: SendOptions): Promise<SendResult> {
    const attempt = (cut?: AbortSignal) => this.#api.view(audience, indexingToken, cut);
    return this.#withError(ROUTES.view, await sendWithRetry(attempt, this.#shared, options));
  }

  /** For `client.http`: one attempt at this client's rate, with its timeout for the head of the answer. */
  async fetch(request: Request): Promise<Response> {
    const { limiter, inFlight, policy, runtime } = this.#shared;
    const { timeoutMs, fetch } = this.#options;
    await inFlight.enter(request.signal);
    const late = new AbortController();
    const finished = new AbortController();
    try {
      await limiter.turn(request.signal);
      const signal = AbortSignal.any([request.signal, late.signal]);
      const expire = () => late.abort(new TimeoutError(`No answer to ${request.url} in ${timeoutMs} ms.`, 1));
      if (timeoutMs !== Number.POSITIVE_INFINITY) {
        runtime.sleep(timeoutMs, finished.signal).then(expire, () => {});
      }
      const response = await untilAborted(fetch(new Request(request, { signal })), signal);
      const head = responseHead(response, runtime.date());
      if (head.status === 429) limiter.pause(Math.min(throttleMs(head, policy), policy.maxThrottledMs));
      return response;
    } finally {
      finished.abort();
      inFlight.leave();
    }
  }

  #withError(route: string, exchange: Exchange): SendResult {
    const { timeoutMs, restKey: secret } = this.#options;
    const toError = (): unknown =>
      exchange.kind === "aborted"
        ? exchange.reason
        : errorFromAnswer(exchange.answer, { route, attempts: exchange.attempts, timeoutMs, secret });
    return { ...exchange, toError, redact: (text) => text.replaceAll(secret, "[restKey]") };
  }
}

/** Accepts everything and sends nothing. */
export const dryRunTransport: Transport = {
  limiter: { intervalMs: 0, throttledMs: 0, throttledForMs: 0 },
  async update(_audience, body, { onEvent }) {
    onEvent?.({ kind: "attempt", number: 1 });
    body();
    return accepted;
  },
  view: async () => accepted,
};

const accepted: SendResult = {
  kind: "answered",
  answer: { kind: "response", status: 202, body: {}, asksToWait: false },
  attempts: 1,
  inDoubt: false,
  toError: () => undefined,
  redact: (text) => text,
};
