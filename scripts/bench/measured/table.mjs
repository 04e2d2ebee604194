// A long table: node table.mjs write <path> <rows>, or reads it: node table.mjs <dry-run | csv-parse> <path>

import { once } from "node:events";
import { createReadStream, createWriteStream, writeSync } from "node:fs";

const [mode, path, rows] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const WRITE_AT_ONCE = 1_000_000;

const MODES = {
  async write() {
    const file = createWriteStream(path);
    let text = "id,action,first_name,age:number,vip:boolean\n";
    for (let row = 0; row < rows; row++) {
      text += `user-${row},add,Name ${row},${row % 90},${row % 2 === 0}\n`;
      if (text.length < WRITE_AT_ONCE) continue;
      if (!file.write(text)) await once(file, "drain");
      text = "";
    }
    file.end(text);
    await once(file, "close");
  },
  /** The program itself, which ends the process. */
  async "dry-run"() {
    process.argv = [process.execPath, "main.mjs", "update", "vip_customers", path, "--dry-run", "--quiet"];
    await import("../../../dist/cli/main.mjs");
  },
  /** Nothing but the cells, each record thrown away. */
  async "csv-parse"() {
    const { parse } = await import("csv-parse");
    const records = createReadStream(path).pipe(parse());
    for await (const _ of records);
  },
};

process.on("exit", () => {
  const peakMB = (process.resourceUsage().maxRSS * 1024) / 1e6;
  writeSync(1, `${JSON.stringify({ elapsedMs: performance.now(), peakMB })}\n`);
});
await MODES[mode]();
