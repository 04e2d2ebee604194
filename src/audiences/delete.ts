import { postRequest } from "../transport/requests.ts";
import type { SendResult } from "../transport/transport.ts";
import {
  recordWrite,
  type WriteContext,
  type WriteOptions,
  type WriteReceipt,
  waitForEarlier,
} from "./write.ts";

/** Deletes the audience as a whole: the vendor calls it "remove". */
export async function deleteAudience(
  audience: string,
  options: WriteOptions,
  context: WriteContext,
): Promise<WriteReceipt> {
  const { signal } = options;
  await waitForEarlier(audience, options, context);
  const request = postRequest("/audiences/remove", { name: audience });
  const result = await context.transport.send(request, { halt: signal, cut: signal });
  const receipt = recordWrite(result, context);
  if (receipt !== undefined) return receipt;
  // An attempt whose answer was lost has deleted it: the repeat finds nothing.
  if (result.attempts > 1 && result.inDoubt && isMissing(result)) return {};
  throw result.toError();
}

function isMissing(result: SendResult): boolean {
  if (result.kind === "aborted" || result.answer.kind !== "response") return false;
  return result.answer.status === 404 || result.answer.status === 400;
}
