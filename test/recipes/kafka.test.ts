import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runProgram } from "../docs/run-program.ts";
import { start } from "../support/fake.ts";
import { writeRecipe } from "./recipe.ts";

const add = (id: string): string => JSON.stringify({ action: "add", id });
const remove = (id: string): string => JSON.stringify({ action: "remove", id });

/** The recipe's program beside a stand-in for its module, and a topic. Returns what runs it, and the offsets that are committed. */
function setUp(partitions: string[][]) {
  const folder = writeRecipe("docs/recipes/kafka.md");
  const installed = join(folder, "node_modules/@platformatic/kafka");
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, "package.json"), '{ "exports": "./kafka.mjs" }');
  copyFileSync(join(import.meta.dirname, "stand-ins/kafka.mjs"), join(installed, "kafka.mjs"));
  const topic = join(folder, "topic.json");
  writeFileSync(topic, JSON.stringify({ partitions, committed: partitions.map(() => 0) }));
  return {
    folder,
    run: (apiUrl: string) => runProgram(join(folder, "consumer.ts"), folder, apiUrl, { TOPIC: topic }),
    committed: () => JSON.parse(readFileSync(topic, "utf8")).committed as number[],
  };
}

it("sends the last action of each id, and commits each partition", async () => {
  const batch = await start({ seed: 1 });
  const { run, committed } = setUp([[add("1"), remove("1"), add("3")], [add("2")]]);
  expect(await run(batch.url)).toEqual({ stdout: "", stderr: "" });
  expect(committed()).toEqual([3, 1]);
  await batch.settled();
  expect([...batch.audience("vip_customers").members.keys()].sort()).toEqual(["2", "3"]);
});

it("commits nothing that was not accepted, and sends it when it is started again", async () => {
  const batch = await start({ seed: 1, script: [{ status: 401 }] });
  const { run, committed } = setUp([[add("1"), add("3")], [add("2")]]);
  await expect(run(batch.url)).rejects.toMatchObject({ code: 1 });
  expect(committed()).toEqual([0, 0]);
  await run(batch.url);
  expect(committed()).toEqual([2, 1]);
  await batch.settled();
  expect([...batch.audience("vip_customers").members.keys()].sort()).toEqual(["1", "2", "3"]);
});

it("writes down what is no action, and goes on", async () => {
  const batch = await start({ seed: 1 });
  const { folder, run, committed } = setUp([["no JSON", "{}", add("1")]]);
  await run(batch.url);
  expect(committed()).toEqual([3]);
  const rejected = readFileSync(join(folder, "rejected.ndjson"), "utf8").trimEnd().split("\n");
  // A line for each thing that is wrong: `{}` has neither action nor id.
  expect(rejected.map((line) => JSON.parse(line).record)).toEqual(["no JSON", {}, {}]);
  expect([...batch.audience("vip_customers").members.keys()]).toEqual(["1"]);
});
