import type { RetryPolicy } from "../options.ts";
import { mayPass } from "../transport/answer.ts";
import { postRequest, viewRequest } from "../transport/requests.ts";
import { backoffMs } from "../transport/retry-decision.ts";
import {
  hasStatus,
  recordWrite,
  type WriteContext,
  type WriteOptions,
  type WriteReceipt,
  waitForEarlier,
} from "./write.ts";

/**
 * Deletes the audience as a whole: the vendor calls it "remove". An attempt whose answer was lost is waited for and looked up before
 * it is repeated: of two that the API accepts, the second could delete an audience that is created after them.
 */
export async function deleteAudience(
  audience: string,
  options: WriteOptions,
  context: WriteContext & { policy: RetryPolicy },
): Promise<WriteReceipt> {
  const { signal } = options;
  const { transport, runtime, policy } = context;
  const request = postRequest("/audiences/remove", { name: audience });
  let inDoubt = false;
  for (let retries = 0; ; retries++) {
    await waitForEarlier(audience, options, context);
    if (inDoubt && !(await isThere(audience, options, context))) return {};
    const result = await transport.send(request, { halt: signal, cut: signal, retries: 0 });
    const receipt = recordWrite(result, context);
    if (receipt !== undefined) return receipt;
    if (inDoubt && hasStatus(result, 404, 400)) return {};
    inDoubt ||= result.inDoubt;
    const mayHelp = result.kind === "answered" && mayPass(result.answer);
    if (!mayHelp || retries >= policy.retries) throw result.toError();
    await runtime.sleep(backoffMs(retries, policy, runtime.random), signal);
  }
}

async function isThere(
  audience: string,
  { signal }: WriteOptions,
  { transport }: WriteContext,
): Promise<boolean> {
  const result = await transport.send(viewRequest(audience), { halt: signal, cut: signal });
  if (hasStatus(result, 404)) return false;
  if (hasStatus(result, 200)) return true;
  throw result.toError();
}
