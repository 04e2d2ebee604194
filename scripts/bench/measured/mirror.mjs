// One step of a nightly mirror: node mirror.mjs <step> <folder> <members>. The steps: write, read, first, next, unchanged, push.
//
// The two lists are NDJSON files in random order, half of the members with four attributes. In the second one 0.5 % of the ids are
// new, 0.5 % have gone and 0.5 % have changed.

import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createAudienceClient } from "../../../dist/index.mjs";
import { mirror } from "../../../dist/mirror.mjs";
import { directory } from "../../../dist/node.mjs";
import { accept } from "./accept.mjs";
import { finish } from "./finish.mjs";

const [step, folder] = process.argv.slice(2);
const count = Number(process.argv[4]);
const CITIES = ["Lisbon", "Nantes", "Kraków", "Gent"];

/** Each number below `count` once, in an order that looks random. */
function* numbers() {
  const stride = 7_368_787;
  for (let at = 0; at < count; at++) yield (at * stride) % count;
}

function* lines(list) {
  let text = "";
  for (const number of numbers()) {
    const kind = number % 1000;
    // 0 to 4: gone, and 5 more in their place. 5 to 9: changed.
    const id = `customer-${String(list === 2 && kind < 5 ? count + number : number).padStart(7, "0")}`;
    const orders = (number % 50) + (list === 2 && kind >= 5 && kind < 10 ? 100 : 0);
    const city = CITIES[number % 4];
    const attributes =
      number % 2 === 0 || kind < 10
        ? { first_name: `Name${number % 977}`, city, orders, newsletter: true }
        : undefined;
    text += `${JSON.stringify({ id, attributes })}\n`;
    if (text.length > 65_536) {
      yield text;
      text = "";
    }
  }
  yield text;
}

const fileOf = (list) => join(folder, `${list}.ndjson`);

async function* members(list) {
  for await (const line of createInterface({ input: createReadStream(fileOf(list)) })) yield JSON.parse(line);
}

const client = () =>
  createAudienceClient({
    restKey: "rest-key",
    projectKey: "project-key",
    requestsPerSecond: Number.POSITIVE_INFINITY,
    fetch: accept,
  });

const run = (list) =>
  mirror(client(), "vip_customers", members(list), {
    state: directory(join(folder, "state")),
    baseline: "empty",
  });

const STEPS = {
  async write() {
    for (const list of [1, 2]) await pipeline(Readable.from(lines(list)), createWriteStream(fileOf(list)));
    return {};
  },
  async read() {
    let read = 0;
    for await (const _ of members(2)) read++;
    return { members: read };
  },
  first: () => run(1),
  next: () => run(2),
  unchanged: () => run(2),
  async push() {
    async function* adds() {
      for await (const member of members(2)) yield { action: "add", ...member };
    }
    return client().update("vip_customers", adds(), { betweenWindows: "accepted" });
  },
};

const started = performance.now();
const { members: all, added, changed, removed, requests } = await STEPS[step]();
const { user, system } = process.cpuUsage();
const seconds = (performance.now() - started) / 1000;
finish({ members: all, added, changed, removed, requests, seconds, cpuSeconds: (user + system) / 1e6 });
