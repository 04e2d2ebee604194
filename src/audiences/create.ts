import { AudienceExistsError } from "../errors.ts";
import { assertOption, type RetryPolicy } from "../options.ts";
import { mayPass } from "../transport/answer.ts";
import { postRequest, viewRequest } from "../transport/requests.ts";
import { backoffMs } from "../transport/retry-decision.ts";
import type { SendResult } from "../transport/transport.ts";
import {
  checkWrite,
  hasStatus,
  recordWrite,
  type WriteContext,
  type WriteOptions,
  type WriteReceipt,
  waitForEarlier,
} from "./write.ts";

export interface CreateOptions extends WriteOptions {
  /** The kind of id that the audience holds. Default "custom_ids", the one that the vendor's examples name. */
  type?: "custom_ids" | "emails" | "install_ids" | (string & {}) | undefined;
  /** What the dashboard shows in place of the name. */
  displayName?: string | undefined;
}

/** The one type that the vendor's examples name. */
export const DEFAULT_TYPE = "custom_ids";

export function checkCreate(audience: string, options: CreateOptions): void {
  checkWrite(audience, options, ["type", "displayName"]);
  const { type = DEFAULT_TYPE, displayName = audience } = options;
  assertOption("type", typeof type === "string" && type !== "", "a non-empty string", type);
  const isName = typeof displayName === "string" && displayName !== "";
  assertOption("displayName", isName, "a non-empty string", displayName);
}

/**
 * Creates the audience. An attempt whose answer was lost is looked up before it is repeated: a second one would only be refused,
 * since the audience exists.
 */
export async function create(
  audience: string,
  options: CreateOptions,
  context: WriteContext & { policy: RetryPolicy },
): Promise<WriteReceipt> {
  const { type = DEFAULT_TYPE, displayName, signal } = options;
  const { transport, runtime, policy } = context;
  const request = postRequest("/audiences/create", { name: audience, type, display_name: displayName });
  await waitForEarlier(audience, options, context);
  let inDoubt = false;
  for (let retries = 0; ; retries++) {
    const result = await transport.send(request, { halt: signal, cut: signal, retries: 0 });
    const receipt = recordWrite(result, context);
    if (receipt !== undefined) return receipt;
    inDoubt ||= result.inDoubt;
    const isRefused = isRefusal(result);
    const isLookedUp = isRefused || (inDoubt && result.kind === "answered");
    if (isLookedUp && (await exists(audience, signal, context))) {
      // It is there, and an attempt of ours may have put it there.
      if (inDoubt) return {};
      throw new AudienceExistsError(audience, { cause: result.toError() });
    }
    const mayHelp = result.kind === "answered" && mayPass(result.answer);
    if (!mayHelp || retries >= policy.retries) throw result.toError();
    await runtime.sleep(backoffMs(retries, policy, runtime.random), signal);
  }
}

/** A 4xx that may mean that the audience exists: which status the API gives then is not documented. */
function isRefusal(result: SendResult): boolean {
  if (result.kind === "aborted" || result.answer.kind !== "response") return false;
  const { status } = result.answer;
  return status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}

async function exists(
  audience: string,
  signal: AbortSignal | undefined,
  { transport }: WriteContext,
): Promise<boolean> {
  const result = await transport.send(viewRequest(audience), { halt: signal, cut: signal });
  if (result.kind === "aborted") throw result.reason;
  return hasStatus(result, 200);
}
