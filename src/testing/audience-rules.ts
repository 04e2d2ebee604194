// What is refused because of the audience that it is for.

import { type Answer, maintenance, malformed, type Refusal, refusal } from "./answers.ts";
import type { Catalog } from "./catalog.ts";
import type { FakeBatchOptions, RequestEntry } from "./fake-options.ts";

const NO_SUCH_AUDIENCE: Refusal = {
  status: 404,
  code: "AUDIENCE_NOT_FOUND",
  message: "There is no such audience",
};

const AUDIENCE_EXISTS: Refusal = {
  status: 400,
  code: "AUDIENCE_ALREADY_EXISTS",
  message: "There is an audience of this name",
};

/** The first is the only one that is certain. */
const AUDIENCE_TYPES = ["custom_ids", "emails", "install_ids"];

/** The refusal of what needs the audience, where there is none. */
export function checkThere(
  name: string,
  entry: RequestEntry,
  catalog: Catalog,
  { whenMissing }: FakeBatchOptions,
): Answer | undefined {
  if (catalog.has(name)) return undefined;
  const chosen = typeof whenMissing === "function" ? whenMissing(entry) : whenMissing;
  return answerTo(chosen ?? NO_SUCH_AUDIENCE);
}

/** The refusal of a second audience of the same name. */
export function checkNew(
  name: string,
  catalog: Catalog,
  { whenExists = AUDIENCE_EXISTS }: FakeBatchOptions,
): Answer | undefined {
  return catalog.isListed(name) && whenExists !== "accept" ? answerTo(whenExists) : undefined;
}

export function checkType(
  type: string | undefined,
  { audienceTypes = AUDIENCE_TYPES }: FakeBatchOptions,
): Answer | undefined {
  if (type === undefined || audienceTypes.includes(type)) return undefined;
  return malformed(`type must be one of ${audienceTypes.join(", ")}`);
}

/** The refusal of a replace without ids. */
export function checkNotEmpty(ids: number, { whenNoIds = "accept" }: FakeBatchOptions): Answer | undefined {
  return ids === 0 && whenNoIds !== "accept" ? answerTo(whenNoIds) : undefined;
}

/** The refusal of everything that concerns this audience, for as long as the options say. */
export function checkMaintenance(
  name: string,
  entry: RequestEntry,
  options: FakeBatchOptions,
): Answer | undefined {
  const retryAfter = options.maintenance?.(name, entry);
  if (retryAfter === undefined) return undefined;
  entry.fault = "maintenance";
  return maintenance(retryAfter);
}

function answerTo({ status, code, message }: Refusal): Answer {
  return refusal(status, code, message);
}
