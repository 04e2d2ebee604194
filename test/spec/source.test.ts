import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { readSource } from "../../scripts/spec/source.ts";

const never = new AbortController().signal;

/** Starts a server and returns its address, for example "http://127.0.0.1:1234". */
async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("fetches an address whole, and names it without its query and fragment", async () => {
  const requests: string[] = [];
  const origin = await listen((request, response) => {
    requests.push(request.url!);
    response.end("# Page");
  });
  const page = `${origin}/update.md`;
  await expect(readSource(`${page}?token=secret#top`, never)).resolves.toEqual({
    text: "# Page",
    name: page,
    page,
  });
  expect(requests).toEqual(["/update.md?token=secret"]);
});

it("takes the scheme of an address in capital letters", async () => {
  const origin = await listen((_, response) => response.end("# Page"));
  await expect(readSource(`${origin.toUpperCase()}/a.md`, never)).resolves.toMatchObject({
    page: `${origin}/a.md`,
  });
});

it("does not show the query of an address that cannot be fetched", async () => {
  const origin = await listen((_, response) => response.writeHead(404).end());
  await expect(readSource(`${origin}/update.md?token=secret`, never)).rejects.toThrow(
    `${origin}/update.md: cannot be fetched (HTTP 404). Check the address, or save the page and import the file.`,
  );
});

it.each([
  "http://user:secret@127.0.0.1/a.md",
  "http://secret@127.0.0.1/a.md",
  "http://:secret@127.0.0.1/a.md",
])("refuses %s for its user name or password, and does not show them", async (input) => {
  const error: Error = await readSource(input, never).catch((thrown) => thrown);
  expect(error.message).toMatch(/^The address contains a user name or a password, .* Save the page/);
  expect(error.message).not.toContain("secret");
});

it("refuses an address that is not a valid URL", async () => {
  await expect(readSource("https://", never)).rejects.toThrow("The address is not a valid URL. Check it.");
});

it("gives up on an address that never answers", async () => {
  const abort = new AbortController();
  const origin = await listen(() => abort.abort(new Error("too late")));
  await expect(readSource(`${origin}/a.md`, abort.signal)).rejects.toThrow("cannot be fetched (too late). ");
});

it("gives up on an address that stops in the middle of its answer", async () => {
  const abort = new AbortController();
  const origin = await listen((_, response) => {
    response.write("# Half a page", () => abort.abort(new Error("too late")));
  });
  await expect(readSource(`${origin}/a.md`, abort.signal)).rejects.toThrow("cannot be fetched (too late). ");
});

it("names the reason when a connection is lost", async () => {
  const origin = await listen((request) => void request.destroy());
  await expect(readSource(`${origin}/a.md`, never)).rejects.toThrow(
    /cannot be fetched \((?!fetch failed)\S.*\)\. /,
  );
});

it("names a file that cannot be read", async () => {
  await expect(readSource("/nowhere/page.md", never)).rejects.toThrow(
    /^\/nowhere\/page\.md: cannot be read \(ENOENT.*\)\. Check the path\.$/,
  );
});
