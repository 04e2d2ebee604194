import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { enterFolder, type Folder, KEYS, runCli, startApi, startCli, until } from "../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
  folder.write("ids.csv", "id,action,age:number,date(joined)\n1,add,30,2026-01-01T00:00:00Z\n2,remove,,\n");
  folder.write("members.csv", "id,age:number\n1,30\n2,\n");
});
afterAll(() => folder.remove());

describe("--mock", () => {
  test("needs no keys, and answers every command", async () => {
    const mocked = (...args: string[]) => runCli([...args, "--mock", "--json"], { env: {} });
    const all = await Promise.all([
      mocked("update", "vips", "ids.csv", "--wait"),
      mocked("view", "vips"),
      mocked("create", "vips", "--wait"),
      mocked("list"),
      mocked("replace", "vips", "members.csv", "--wait"),
      mocked("delete", "vips", "--yes"),
    ]);
    for (const { exitCode, stderr } of all) {
      expect({ exitCode, stderr }).toEqual({
        exitCode: 0,
        stderr: expect.stringContaining("Starting the mock API. Nothing is sent to Batch.\n"),
      });
    }
    const [updated, viewed, created, listed, replaced, deleted] = all.map(({ stdout }) => JSON.parse(stdout));
    expect(updated).toMatchObject({ accepted: 2, requests: 1 });
    expect(viewed).toMatchObject({ name: "vips", indexing_state: "APPLIED" });
    expect(created).toMatchObject({ name: "vips", indexing_state: "APPLIED" });
    expect(listed).toEqual([]);
    expect(replaced).toMatchObject({ accepted: 2, requests: 1, checkpoint: { replaced: true } });
    expect(deleted).toMatchObject({ name: "vips", indexing_token: expect.any(String) });
  });

  test("contradicts --base-url, and comes before BATCH_BASE_URL", async () => {
    const args = ["view", "vips", "--mock"];
    expect(await runCli([...args, "--base-url", "http://127.0.0.1:1"], { env: {} })).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "error: --mock and --base-url name two servers, give one of them\n",
    });
    const env = { BATCH_BASE_URL: "http://127.0.0.1:1" };
    expect(await runCli(args, { env })).toMatchObject({ exitCode: 0 });
  });
});

describe("BATCH_BASE_URL", () => {
  test("is read where --base-url is not given", async () => {
    const api = await startApi();
    const other = await startApi();
    const env = { ...KEYS, BATCH_BASE_URL: api.url };
    expect(await runCli(["view", "vips"], { env })).toMatchObject({ exitCode: 0 });
    expect(await runCli(["view", "vips", "--base-url", other.url], { env })).toMatchObject({ exitCode: 0 });
    expect([api.counts.views, other.counts.views]).toEqual([1, 1]);
  });

  test("is part of what a checkpoint belongs to", async () => {
    const api = await startApi({ indexLag: { ms: 1e9 } });
    const other = await startApi();
    const args = ["update", "vips", "ids.csv", "--wait", "--timeout", "0.05", "--checkpoint", "base.json"];
    const first = await runCli(args, { env: { ...KEYS, BATCH_BASE_URL: api.url } });
    expect(first.exitCode).toBe(3);
    const elsewhere = await runCli(args, { env: { ...KEYS, BATCH_BASE_URL: other.url } });
    expect(elsewhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("base.json") });
    expect(other.counts.requests).toBe(0);
    await api.settled();
    expect(await runCli([...args, "--base-url", api.url])).toMatchObject({ exitCode: 0 });
  });
});

describe("mock", () => {
  /** Its address, once it serves. It ends with the test. */
  async function startMock(...args: string[]) {
    const running = startCli(["mock", ...args], { env: {} });
    onTestFinished(async () => {
      running.interrupt();
      await running.ended;
    });
    await until(() => running.printed().stdout !== "");
    return { ...running, url: running.printed().stdout.trim() };
  }

  test("prints its address, serves any program, and ends with 0 when it is stopped", async () => {
    const { url, ended, printed, interrupt } = await startMock();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/2\.11$/);
    expect(printed().stderr).toContain(`For this program: export BATCH_BASE_URL=${url}\n`);
    const headers = { Authorization: "Bearer any", "X-Batch-Project": "any" };
    const body = '{"name":"vips","ids":[{"action":"add","id":"1"}]}';
    const sent = await fetch(`${url}/audiences/update`, { method: "POST", headers, body });
    const { indexing_token } = (await sent.json()) as { indexing_token: string };
    const query = new URLSearchParams({ name: "vips", indexing_token });
    const states: unknown[] = [];
    while (states.at(-1) !== "APPLIED") {
      const answer = await fetch(`${url}/audiences/view?${query}`, { headers });
      states.push(((await answer.json()) as { indexing_state: string }).indexing_state);
    }
    expect(states[0]).toBe("IN_PROGRESS");
    interrupt();
    expect(await ended).toMatchObject({ exitCode: 0, stdout: `${url}\n` });
    await expect(fetch(url)).rejects.toThrow();
  });

  test("holds what one command wrote for the next one", async () => {
    const { url } = await startMock();
    const env = { ...KEYS, BATCH_BASE_URL: url };
    const args = ["update", "vips", "ids.csv", "--wait", "--rate", "Infinity"];
    expect(await runCli(args, { env })).toMatchObject({ exitCode: 0 });
    const { stdout } = await runCli(["view", "vips", "--json"], { env });
    expect(JSON.parse(stdout)).toMatchObject({ nb_ids: 1 });
  });

  test("answers with 429 what comes sooner than --rate allows", async () => {
    const { url } = await startMock("--rate", "0.001");
    const headers = { Authorization: "Bearer any", "X-Batch-Project": "any" };
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await fetch(`${url}/audiences/list`, { headers })).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  test("makes the same tokens with the same seed", async () => {
    const tokens = [];
    for (const seed of ["7", "7", "8"]) {
      const { url } = await startMock("--seed", seed);
      const env = { ...KEYS, BATCH_BASE_URL: url };
      tokens.push(JSON.parse((await runCli(["create", "vips", "--json"], { env })).stdout).indexing_token);
    }
    expect(tokens[1]).toBe(tokens[0]);
    expect(tokens[2]).not.toBe(tokens[0]);
  });

  test("says when its port is taken", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    onTestFinished(() => void server.close());
    expect(await runCli(["mock", "--port", `${port}`], { env: {} })).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: `error: --port ${port}: is used by another program\n`,
    });
  });
});
