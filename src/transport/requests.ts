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

/** What may be said of a request to those who observe. Only for them: it makes the body once more, and reads it. */
export function describeRequest(request: ApiRequest): { audience?: unknown; ids: number; bytes: number } {
  if (request.method === "GET") return { audience: request.query.name, ids: 0, bytes: 0 };
  const body = request.body();
  const { name, ids = [] } = JSON.parse(body) as { name: string; ids?: unknown[] };
  return { audience: name, ids: ids.length, bytes: new TextEncoder().encode(body).length };
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
