import { assertAudience, assertOption, assertOptionNames, isSignal } from "../options.ts";
import type { AudienceView } from "../transport/http.ts";
import { viewRequest } from "../transport/requests.ts";
import type { Transport } from "../transport/transport.ts";

export interface ViewOptions {
  /** Asks for the state of this request. */
  indexingToken?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** The audience as the API returns it. */
export async function view(
  audience: string,
  options: ViewOptions,
  transport: Transport,
): Promise<AudienceView> {
  assertAudience(audience);
  assertOptionNames("options", options, ["indexingToken", "signal"]);
  const { indexingToken, signal } = options;
  const isToken = indexingToken === undefined || typeof indexingToken === "string";
  assertOption("indexingToken", isToken, "a string", indexingToken);
  assertOption("signal", isSignal(signal), "an AbortSignal", signal);
  const result = await transport.send(viewRequest(audience, indexingToken), { halt: signal, cut: signal });
  if (result.kind === "aborted") throw result.reason;
  const { answer } = result;
  if (answer.kind !== "response" || answer.status !== 200) throw result.toError();
  return (answer.body ?? {}) as AudienceView;
}
