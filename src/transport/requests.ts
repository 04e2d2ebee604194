import type { paths } from "../../generated/schema.ts";

/** The routes that change something. */
export type PostPath = Extract<
  keyof paths,
  "/audiences/create" | "/audiences/replace" | "/audiences/update" | "/audiences/remove"
>;
/** The routes that tell something. */
type GetPath = Extract<keyof paths, "/audiences/list" | "/audiences/view">;

/** What is sent to the API. `body` is called for each attempt, so that no body is held while waiting. */
export type ApiRequest =
  | { method: "POST"; path: PostPath; body: () => string }
  | { method: "GET"; path: GetPath; query: Record<string, string | number> };

/** Like `POST /audiences/update`. */
export function routeOf({ method, path }: ApiRequest): string {
  return `${method} ${path}`;
}

/** Without a token, asks for the audience as a whole. */
export function viewRequest(name: string, indexingToken?: string): ApiRequest {
  const query = indexingToken === undefined ? { name } : { name, indexing_token: indexingToken };
  return { method: "GET", path: "/audiences/view", query };
}

/** A request whose body is at hand. */
export function postRequest(path: PostPath, body: object): ApiRequest {
  return { method: "POST", path, body: () => JSON.stringify(body) };
}
