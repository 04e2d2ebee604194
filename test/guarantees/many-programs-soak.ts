// Many programs at the size of a busy day: `npm run soak:programs -- --actions 200000 --ids 20000 --faults 3 --seed 1`.

import { parseArgs } from "node:util";
import { findPostgres } from "../../scripts/servers.ts";
import { runManyPrograms } from "./many-programs.ts";

const { values } = parseArgs({
  options: {
    actions: { type: "string", default: "200000" },
    ids: { type: "string", default: "20000" },
    faults: { type: "string", default: "3" },
    seed: { type: "string", default: `${Math.floor(Math.random() * 1e6)}` },
  },
});
const server = await findPostgres();
if (!("url" in server)) throw new Error(`It needs PostgreSQL, and there is ${server.missing}.`);
const numbers = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
const { actions = 0, ids = 0, faults = 0, seed = 0 } = numbers;
const schema = `soak_${process.pid}`;
const { wrong, ...found } = await runManyPrograms({
  databaseUrl: server.url,
  schema,
  actions,
  ids,
  faults,
  seed,
});
console.log({ seed, ...found });
for (const problem of wrong) console.error(problem);
console.log(wrong.length === 0 ? "As it must be." : `Went wrong. Run it again with --seed ${seed}.`);
process.exitCode = wrong.length === 0 ? 0 : 1;
