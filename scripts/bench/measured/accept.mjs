/** An API in this process that accepts everything at once. Each request has its token, and each token is applied. */
let tokens = 0;
export async function accept(request) {
  if (request.method === "GET") return Response.json({ indexing_state: "APPLIED" });
  return Response.json({ indexing_token: `token-${tokens++}` }, { status: 202 });
}
