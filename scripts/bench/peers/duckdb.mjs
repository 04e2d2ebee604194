// The difference of two lists by DuckDB, from its own reader of NDJSON to a table on disk: node duckdb.mjs <first | next> <folder>

import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { finish } from "../measured/finish.mjs";

const [step, folder] = process.argv.slice(2);
const started = performance.now();
const database = await DuckDBInstance.create(join(folder, "state.duckdb"), { memory_limit: "512MB" });
const connection = await database.connect();

const read = (table, list) =>
  connection.run(
    `CREATE OR REPLACE TABLE ${table} AS SELECT id, hash(attributes) AS attributes FROM read_json('${join(folder, `${list}.ndjson`)}',
     format = 'newline_delimited', columns = { id: 'VARCHAR', attributes: 'VARCHAR' })`,
  );

let counts = {};
if (step === "first") await read("known", 1);
else {
  await read("listed", 2);
  const reader = await connection.runAndReadAll(
    `SELECT count(*) FILTER (known.id IS NULL)::INTEGER AS added, count(*) FILTER (listed.id IS NULL)::INTEGER AS removed,
     count(*) FILTER (known.attributes IS DISTINCT FROM listed.attributes AND known.id = listed.id)::INTEGER AS changed
     FROM known FULL JOIN listed ON known.id = listed.id`,
  );
  [counts] = reader.getRowObjects();
  await connection.run("DROP TABLE known; ALTER TABLE listed RENAME TO known; CHECKPOINT");
}
const { user, system } = process.cpuUsage();
finish({ ...counts, seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 });
