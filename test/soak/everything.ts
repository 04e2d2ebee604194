// `npm run soak:everything -- --minutes 30 --seed 1`: the built package with everything at once, in one process, against a fake in
// another. Ends with 1 if something has grown, or if an audience is not as it must be. A run of 30 minutes
// or more that ends well also writes what it printed, and its pictures, into the docs.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { put } from "../../scripts/bench/put.ts";
import { type AudienceCall, audiencesAfter, differences } from "../support/oracle.ts";
import { chartsOf } from "./charts.ts";
import { createClients } from "./clients.ts";
import { growthOf } from "./growth.ts";
import { observeRequests } from "./requests.ts";
import { listenersOn, MEASURE_NAMES, MEASURES, Samples, takeSample } from "./samples.ts";
import { type Seen, startServerProcess } from "./server-process.ts";
import { AUDIENCES, startPrograms } from "./start-programs.ts";
import { summaryOf } from "./summary.ts";
import { World } from "./world.ts";

/** Of each client or pair of clients. */
const REQUESTS_PER_SECOND = 20;
const SAMPLE_MS = 1_000;
const FULL_MINUTES = 30;
const DOCS = fileURLToPath(new URL("../../docs/", import.meta.url));

const { values } = parseArgs({
  options: { minutes: { type: "string", default: `${FULL_MINUTES}` }, seed: { type: "string" } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
if (!(minutes >= 1) || !Number.isSafeInteger(seed)) {
  console.error("Expected --minutes to be a number from 1 and --seed to be a whole number.");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "soak-"));
const world = new World(seed, folder);
process.on("warning", (warning) => world.wrong.push(`a warning of Node: ${warning}`));
const server = await startServerProcess(seed, AUDIENCES);
const clients = await createClients(server.url, REQUESTS_PER_SECOND);
const listenersBefore = listenersOn(world.shared.signal);
const requests = observeRequests();
console.log(`${minutes} min from seed ${seed}. ${clients.missing.join("; ")}`);

const samples = new Samples(2 * Math.ceil((minutes * 60_000) / SAMPLE_MS));
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
const { running, names } = startPrograms(world, clients);
await sampleUntilOver();
const calls = await running;
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);

const seen = await server.seen();
world.wrong.push(...left(), ...wrongIn(seen, calls));
const growth = MEASURE_NAMES.map((name) => [name, growthOf(samples.of(name), MEASURES[name])] as const);
const grown = growth.filter(([, { hasGrown }]) => hasGrown).map(([name]) => `${name}: has grown`);
const summary = summaryOf({
  ...{ world, seed, seconds, growth, clients: names, requestsPerSecond: REQUESTS_PER_SECOND },
  samples: samples.count,
  requests: [...requests.counts].sort(([, one], [, other]) => other - one),
  throttles: requests.throttles,
  members: seen.audiences.reduce((sum, [, members]) => sum + members.length, 0),
  load: { client: (user + system) / 1e4 / seconds, server: seen.cpuMs / 10 / seconds },
});
console.log(`\n${summary}\n`);
await clients.close();
server.close();
rmSync(folder, { recursive: true });
for (const problem of [...world.wrong, ...grown]) console.error(problem);
const isRight = world.wrong.length + grown.length === 0;
if (isRight && minutes >= FULL_MINUTES) writeIntoDocs();
console.log(isRight ? "As it must be." : `Went wrong. Run it again with --seed ${seed}.`);
process.exitCode = isRight ? 0 : 1;

async function sampleUntilOver(): Promise<void> {
  for (let second = 1; !world.isOver; second++) {
    await sleep(SAMPLE_MS);
    const atMs = performance.now() - startedAt;
    const sample = takeSample(folder, world.shared.signal);
    samples.add(atMs, sample);
    if (atMs >= minutes * 60_000) world.end();
    if (second % 60 !== 0) continue;
    const shown = MEASURE_NAMES.map((name) => `${name} ${sample[name].toFixed(1)}`);
    console.log(`${second} s: ${shown.join(", ")}; ${world.actions} actions`);
  }
}

/** What there is still once all is over, in words. */
function left(): string[] {
  const listeners = listenersOn(world.shared.signal) - listenersBefore;
  const files = readdirSync(folder).filter((name) => !name.endsWith("-state"));
  return [
    ...(listeners === 0 ? [] : [`${listeners} listeners are left`]),
    ...requests.end().map((name) => `somebody listens to ${name}`),
    ...files.map((name) => `${name} is left`),
  ];
}

function wrongIn({ violations, audiences }: Seen, calls: Iterable<AudienceCall>): string[] {
  const expected = audiencesAfter(calls, new Map(AUDIENCES.map((name) => [name, new Map()])));
  const actual = new Map(audiences.map(([name, members]) => [name, new Map(members)]));
  const wrong = [...new Set([...expected.keys(), ...actual.keys()])].flatMap((name) => {
    const [is, should] = [actual.get(name), expected.get(name)];
    if (is === undefined || should === undefined) return [`${name} is ${is ? "" : "not "}there`];
    return differences(is, should, 3).map((difference) => `${name}: ${difference}`);
  });
  return [...violations.map((violation) => JSON.stringify(violation)), ...wrong];
}

function writeIntoDocs(): void {
  const page = `${DOCS}testing.md`;
  writeFileSync(page, put(readFileSync(page, "utf8"), "soak", summary));
  for (const [file, svg] of Object.entries(chartsOf(samples))) writeFileSync(`${DOCS}pictures/${file}`, svg);
}
