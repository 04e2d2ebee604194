import { trace } from "../diagnostics.ts";
import { type ApiError, TimeoutError } from "../errors.ts";
import type { ResolvedClientOptions } from "../options.ts";
import { type Runtime, untilAborted } from "../runtime.ts";
import { type Answer, responseHead } from "./answer.ts";
import { assertResponse } from "./connection-fault.ts";
import { errorFromAnswer, withoutSecret } from "./error-from-answer.ts";
import { createSendOnce, type SendOnce } from "./http.ts";
import { InFlight } from "./in-flight.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { redact } from "./redact.ts";
import { type ApiRequest, describeRequest, routeOf } from "./requests.ts";
import { throttleMs } from "./retry-decision.ts";
import { type Exchange, type SendOptions, type SharedState, sendWithRetry } from "./send-with-retry.ts";

/** How an exchange ended. */
export type SendResult = Exchange & {
  /** The error to throw if this result is not what the caller wants. */
  toError(): unknown;
  /** Removes the REST key from a text of the answer: a server may repeat it. */
  redact(text: string): string;
};

export interface Transport {
  readonly limiter: Pick<RateLimiter, "intervalMs" | "throttledMs" | "throttledForMs">;
  /** Sends a request and its repeats. Does not reject. */
  send(request: ApiRequest, options: SendOptions): Promise<SendResult>;
}

export class HttpTransport implements Transport {
  readonly limiter: RateLimiter;
  readonly #options: ResolvedClientOptions;
  readonly #shared: SharedState;
  readonly #sendOnce: SendOnce;

  constructor(options: ResolvedClientOptions, runtime: Runtime) {
    const { requestsPerSecond, limiter, maxInFlight, retry: policy } = options;
    this.limiter = new RateLimiter(requestsPerSecond, runtime, limiter);
    this.#options = options;
    this.#shared = { policy, limiter: this.limiter, inFlight: new InFlight(maxInFlight), runtime };
    this.#sendOnce = createSendOnce(options, runtime);
  }

  async send(request: ApiRequest, options: SendOptions): Promise<SendResult> {
    const { timeoutMs, restKey: secret } = this.#options;
    const route = routeOf(request);
    const errorOf = (answer: Answer, { attempts, inDoubt }: Pick<Exchange, "attempts" | "inDoubt">) =>
      errorFromAnswer(answer, { route, attempts, inDoubt, timeoutMs, secret });
    const attempt = (cut: AbortSignal | undefined, number: number) =>
      trace(
        "request",
        () => ({ route, attempt: number, ...describeRequest(request) }),
        () => this.#sendOnce(request, cut),
        (answer) =>
          describeAnswer(
            answer?.kind,
            answer && (errorOf(answer, { attempts: number, inDoubt: false }) as ApiError),
          ),
      );
    const exchange = await sendWithRetry(attempt, this.#shared, options);
    const toError = (): unknown =>
      exchange.kind === "aborted" ? exchange.reason : errorOf(exchange.answer, exchange);
    return { ...exchange, toError, redact: (text) => redact(text, secret) };
  }

  /** For `client.http`: one attempt at this client's rate, with its timeout for the head of the answer. */
  async fetch(request: Request): Promise<Response> {
    const { limiter, inFlight, policy, runtime } = this.#shared;
    const { timeoutMs, fetch, restKey } = this.#options;
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
      const fetched = untilAborted(fetch(new Request(request, { signal })), signal);
      const response = await fetched.catch((cause: unknown) => {
        throw signal.aborted ? cause : withoutSecret(cause, restKey);
      });
      assertResponse(response);
      const head = responseHead(response, runtime.date());
      if (head.status === 429) await limiter.pause(throttleMs(head, policy), request.signal);
      return response;
    } finally {
      finished.abort();
      inFlight.leave();
    }
  }
}

/** What came of an attempt, for those who observe. */
function describeAnswer(outcome = "aborted", error?: ApiError): object {
  const { status, errorCode, retryAfterMs } = error ?? {};
  return { outcome, status, errorCode, retryAfterMs };
}

/** Accepts everything and sends nothing. */
export const dryRunTransport: Transport = {
  limiter: { intervalMs: 0, throttledMs: 0, throttledForMs: 0 },
  async send(_request, { onEvent }) {
    onEvent?.({ kind: "attempt" });
    return accepted;
  },
};

const accepted: SendResult = {
  kind: "answered",
  answer: { kind: "response", status: 202, body: {}, asksToWait: false },
  attempts: 1,
  inDoubt: false,
  toError: () => undefined,
  redact: (text) => text,
};
