/** What an attribute may hold. A `Date` is sent in RFC 3339 UTC, a `URL` as its absolute address. */
export type AttributeValue = string | number | boolean | Date | URL;

/**
 * At most 15 for an id. A name is 1 to 30 of `a-z`, `0-9` and `_`. A `Date` under `joined` is sent as `date(joined)`, a
 * `URL` under `avatar` as `url(avatar)`; a name that is already wrapped is sent as it is. What is `undefined` is left out, as by
 * `JSON.stringify`.
 */
export type Attributes = Record<string, AttributeValue | undefined>;

/** Adds the id to the audience. */
export interface AddAction {
  action: "add";
  id: string;
  attributes?: Attributes | undefined;
}

/** Removes the id from the audience. */
export interface RemoveAction {
  action: "remove";
  id: string;
  attributes?: undefined;
}

export type AudienceAction = AddAction | RemoveAction;

/** An id that is on the audience, for `replace`. */
export interface AudienceMember {
  id: string;
  attributes?: Attributes | undefined;
}

/** One thing that is wrong with one action. */
export interface ActionIssue {
  /** Position of the action in the source, from 0. */
  index: number;
  /** The action's id, if it is a string. */
  id?: string;
  /** Where in the action: `id`, `action` or `attributes.age`. Empty for the action as a whole. */
  path: string;
  reason: string;
}
