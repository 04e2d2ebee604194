/** Loaded before a program of the README: sends what is meant for the API to the stand-in. */
const { fetch } = globalThis;

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const url = request.url.replace("https://api.batch.com/2.11", process.env.STAND_IN_URL ?? "missing");
  return fetch(new Request(url, request));
};
