import { expect, test } from "vitest";
import { type CliOptions, runCli, type ScriptedServer, startScriptedServer } from "../../support/cli.ts";

const REFUSED = { error_code: "CODE", error_message: "no" };

function run(api: ScriptedServer, args: string[], options?: CliOptions) {
  return runCli([...args, "--base-url", api.url, "--rate", "Infinity"], options);
}

test("create sends the type and the display name, and prints the indexing token", async () => {
  const api = await startScriptedServer();
  const args = ["create", "vips", "--type", "emails", "--display-name", "The VIPs"];
  expect(await run(api, args)).toEqual({
    exitCode: 0,
    stdout:
      "vips: created\n\n  type            emails\n  display_name    The VIPs\n  indexing_token  create-0\n",
    stderr: "",
  });
  expect(api.requests).toEqual([
    { route: "create", query: {}, body: { name: "vips", type: "emails", display_name: "The VIPs" } },
  ]);
});

test("create --wait --json has the state of the indexing", async () => {
  const api = await startScriptedServer();
  const { exitCode, stdout } = await run(api, ["create", "vips", "--wait", "--json"]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    name: "vips",
    indexing_token: "create-0",
    indexing_state: "APPLIED",
  });
  expect(api.requests.map(({ route }) => route)).toEqual(["create", "view"]);
});

test("create --wait prints the token once, and how to wait on, when the time is up", async () => {
  const api = await startScriptedServer({ view: () => [200, { indexing_state: "IN_PROGRESS" }] });
  const ended = await run(api, ["create", "vips", "--wait", "--timeout", "0.05"]);
  expect(ended).toMatchObject({ exitCode: 3, stdout: "vips: created\n\n  indexing_token  create-0\n" });
  expect(ended.stderr).toContain("To wait on: batch-audiences wait vips create-0\n");
});

test("create of an audience that exists exits with 1 and says so", async () => {
  const api = await startScriptedServer({ create: () => [400, REFUSED] });
  expect(await run(api, ["create", "vips"])).toEqual({
    exitCode: 1,
    stdout: "",
    stderr:
      "error: The audience vips exists already: update it, replace its members, or choose another name.\n",
  });
});

const PAGES = [
  {
    audiences: [
      { name: "vips", type: "CUSTOM_ID", nb_ids: 25_001, indexing_state: "APPLIED", updated: "2026-01-02" },
      { name: "odd\u001b[2J" },
    ],
    has_more: true,
    next_from: "second",
  },
  { audiences: [{ name: "last", nb_ids: 0 }], has_more: false },
];

test("list prints the audiences of all pages as a table, and foreign text as escapes", async () => {
  const api = await startScriptedServer({ list: (_, before) => [200, PAGES[before]] });
  const { exitCode, stdout, stderr } = await run(api, ["list"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const rows = stdout.split("\n").map((row) => row.split(/ +/));
  expect(rows).toEqual([
    ["name", "type", "ids", "state", "updated"],
    ["vips", "CUSTOM_ID", "25,001", "APPLIED", "2026-01-02"],
    ["odd\\u001b[2J", "-", "-", "-", "-"],
    ["last", "-", "0", "-", "-"],
    [""],
  ]);
  expect(api.requests.map(({ query }) => query.from)).toEqual([undefined, "second"]);
});

test("list --json prints one array of what the API returns", async () => {
  const api = await startScriptedServer({ list: (_, before) => [200, PAGES[before]] });
  const { stdout } = await run(api, ["list", "--json"]);
  expect(JSON.parse(stdout)).toEqual([...PAGES[0]!.audiences, ...PAGES[1]!.audiences]);
});

test("list of no audience is an empty array, or a note", async () => {
  const api = await startScriptedServer({ list: () => [200, { audiences: [], has_more: false }] });
  expect(await run(api, ["list", "--json"])).toEqual({ exitCode: 0, stdout: "[]\n", stderr: "" });
  expect(await run(api, ["list"])).toEqual({
    exitCode: 0,
    stdout: "",
    stderr: "The project has no audience.\n",
  });
});

test("list that the API refuses exits with 1", async () => {
  const api = await startScriptedServer({ list: () => [401, REFUSED] });
  expect(await run(api, ["list"])).toMatchObject({ exitCode: 1, stdout: "" });
});

test("delete --yes deletes the audience without asking", async () => {
  const api = await startScriptedServer();
  expect(await run(api, ["delete", "vips", "--yes"])).toEqual({
    exitCode: 0,
    stdout: "vips: deleted\n\n  indexing_token  remove-0\n",
    stderr: "",
  });
  expect(api.requests).toEqual([{ route: "remove", query: {}, body: { name: "vips" } }]);
});

test("delete without --yes is refused where there is no terminal", async () => {
  const api = await startScriptedServer();
  expect(await run(api, ["delete", "vips"], { input: "vips\n" })).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "error: delete asks on a terminal only: --yes deletes the audience without asking\n",
  });
  expect(api.requests).toEqual([]);
});

test("delete on a terminal asks for the name of the audience", async () => {
  const api = await startScriptedServer();
  const ended = await run(api, ["delete", "vips"], { input: "vips\n", isTerminal: true });
  expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("Type its name, vips, to") });
  expect(api.bodiesOf("remove")).toEqual([{ name: "vips" }]);
});

test.each(["VIPS\n", "y\n", "\n", ""])(
  "delete on a terminal deletes nothing for the answer %j",
  async (input) => {
    const api = await startScriptedServer();
    const ended = await run(api, ["delete", "vips"], { input, isTerminal: true });
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("nothing was deleted") });
    expect(api.requests).toEqual([]);
  },
);
