// Producers and deliverers in processes of their own, and a leader that is killed, suspended and cut off, again and again.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { build } from "tsdown";
import type { AudienceAction } from "../../src/actions/action.ts";
import { migrate } from "../../src/postgres/migrate.ts";
import { startFakeBatch } from "../support/fake-server.ts";
import { problems } from "../support/oracle.ts";
import { createRandom, integer } from "../support/random.ts";

interface Start {
  name: string;
  databaseUrl: string;
  schema: string;
}

export interface ProducerStart extends Start {
  role: "producer";
  seed: number;
  actions: number;
  ids: number;
  /** Actions of one transaction. */
  batch: number;
  /** The longest pause between two transactions. */
  maxPauseMs: number;
  audiences: string[];
}

export interface DelivererStart extends Start {
  role: "deliverer";
  apiUrl: string;
  ttlMs: number;
  timeoutMs: number;
  requestsPerSecond: number;
  window: number;
  /** Where the start of each request is written down, as "time name". */
  log: string;
}

export interface Size {
  databaseUrl: string;
  schema: string;
  seed: number;
  /** Of all producers together. */
  actions: number;
  ids: number;
  /** How often each of the three faults strikes the leader. */
  faults: number;
}

export interface Found {
  /** What went wrong, in words; empty when all is as it must be. */
  wrong: string[];
  actions: number;
  requests: number;
  leaders: number;
  /** Requests a second, from the first to the last. */
  rate: number;
  seconds: number;
}

const AUDIENCES = ["vips", "newsletter"];
const PRODUCERS = 4;
const DELIVERERS = 3;
const BATCH = 100;
/** The producers go on for about so long, so that every fault meets a full queue. */
const FAULT_MS = 5_000;
const TTL_MS = 1_500;
const TIMEOUT_MS = 400;
const REQUESTS_PER_SECOND = 12;

/** Runs it all, and looks at what the API and the database have in the end. */
export async function runManyPrograms(size: Size): Promise<Found> {
  const folder = mkdtempSync(fileURLToPath(new URL("programs-", import.meta.url)));
  const world = new World(size, await buildProgram(folder), join(folder, "starts.log"));
  try {
    await world.open();
    return await world.run();
  } finally {
    await world.close();
    rmSync(folder, { recursive: true });
  }
}

async function buildProgram(folder: string): Promise<string> {
  const entry = fileURLToPath(new URL("many-programs-child.ts", import.meta.url));
  await build({
    entry: [entry],
    outDir: folder,
    external: ["pg"],
    dts: false,
    config: false,
    logLevel: "silent",
  });
  return join(folder, "many-programs-child.mjs");
}

class World {
  readonly #size: Size;
  readonly #program: string;
  readonly #log: string;
  readonly #db: pg.Pool;
  readonly #children = new Map<string, ChildProcess>();
  readonly #failures: string[] = [];
  #deliverers = 0;
  #fake: Awaited<ReturnType<typeof startFakeBatch>> | undefined;

  constructor(size: Size, program: string, log: string) {
    this.#size = size;
    this.#program = program;
    this.#log = log;
    writeFileSync(log, "");
    this.#db = new pg.Pool({ connectionString: size.databaseUrl, max: 2 });
    this.#db.on("error", () => {});
  }

  async open(): Promise<void> {
    const { schema, seed } = this.#size;
    await migrate(this.#db, { schema });
    await this.#query(
      "CREATE TABLE {schema}.committed (n bigserial PRIMARY KEY, audience text, action text)",
    );
    await this.#query("CREATE TABLE {schema}.terms (fence bigint PRIMARY KEY, holder text, at timestamptz)");
    await this.#query(`CREATE FUNCTION {schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO {schema}.terms VALUES (NEW.fence, NEW.holder, clock_timestamp()) ON CONFLICT DO NOTHING;
      RETURN NULL;
    END $$`);
    await this.#query(`CREATE TRIGGER note AFTER INSERT OR UPDATE ON {schema}.leases
      FOR EACH ROW EXECUTE FUNCTION {schema}.note()`);
    this.#fake = await startFakeBatch({
      seed,
      indexLag: { requests: 5 },
      faults: { throttled: 0.02, serverError: 0.02, reset: 0.02 },
      latencyMs: (random) => integer(random, 20),
      // On a busy machine, a request may arrive a second after its turn. Over many turns the rate holds.
      requestsPerSecond: 1.02 * REQUESTS_PER_SECOND,
      burst: REQUESTS_PER_SECOND,
    });
  }

  async run(): Promise<Found> {
    const started = performance.now();
    const { schema, databaseUrl, seed, actions, ids, faults } = this.#size;
    const maxPauseMs = (2 * FAULT_MS * faults * PRODUCERS * BATCH) / actions;
    for (let n = 0; n < DELIVERERS; n++) this.#startDeliverer();
    const producers = Array.from({ length: PRODUCERS }, (_, n) =>
      this.#start({
        ...{ role: "producer", name: `producer-${n}`, databaseUrl, schema, seed: seed * 100 + n },
        ...{ actions: actions / PRODUCERS, ids, batch: BATCH, maxPauseMs, audiences: AUDIENCES },
      }),
    );
    const produced = Promise.all(producers.map((child) => once(child, "close")));
    await this.#strike();
    await produced;
    while (!(await this.#isIdle())) await sleep(20);
    for (const child of this.#running) child.kill("SIGTERM");
    await Promise.all(this.#running.map((child) => once(child, "close")));
    return this.#judge((performance.now() - started) / 1000);
  }

  async close(): Promise<void> {
    for (const child of this.#children.values()) child.kill("SIGKILL");
    await this.#fake?.close();
    await this.#query("DROP SCHEMA IF EXISTS {schema} CASCADE");
    await this.#db.end();
  }

  /** Each fault in turn, in the middle of what the leader does. */
  async #strike(): Promise<void> {
    const random = createRandom(this.#size.seed);
    for (let round = 0; round < this.#size.faults; round++) {
      await this.#requests(integer(random, 12));
      const killed = await this.#leader();
      this.#children.get(killed)?.kill("SIGKILL");
      this.#startDeliverer();

      await this.#requests(integer(random, 12));
      const suspended = await this.#leader();
      this.#children.get(suspended)?.kill("SIGSTOP");
      while ((await this.#leader()) === suspended) await sleep(20);
      await this.#requests(2);
      this.#children.get(suspended)?.kill("SIGCONT");

      await this.#requests(integer(random, 12));
      const cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
      await this.#query(cut, [await this.#leader()]);
    }
  }

  /** Resolves once so many more requests have come, or all is delivered. */
  async #requests(count: number): Promise<void> {
    const from = this.#fake!.counts.requests;
    while (this.#fake!.counts.requests <= from + count) {
      await new Promise(setImmediate);
      if ((await this.#isIdle()) && this.#fake!.counts.requests > 0) return;
    }
  }

  async #isIdle(): Promise<boolean> {
    if (this.#failures.length > 0) throw new Error(this.#failures.join("\n"));
    return (await this.#query("SELECT FROM {schema}.queue LIMIT 1")).length === 0;
  }

  get #running(): ChildProcess[] {
    return [...this.#children.values()].filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
  }

  async #leader(): Promise<string> {
    for (;;) {
      const [row] = await this.#query(
        "SELECT holder FROM {schema}.leases WHERE expires_at > clock_timestamp()",
      );
      if (row !== undefined) return row.holder as string;
      await this.#isIdle();
    }
  }

  async #judge(seconds: number): Promise<Found> {
    const fake = this.#fake!;
    const committed = await this.#query("SELECT audience, action FROM {schema}.committed ORDER BY n");
    const actions = Object.fromEntries(AUDIENCES.map((name) => [name, [] as AudienceAction[]]));
    for (const { audience, action } of committed) {
      actions[audience as string]!.push(JSON.parse(action as string) as AudienceAction);
    }
    const letters = await this.#query("SELECT id, reason FROM {schema}.dead_letters");
    const starts = readFileSync(this.#log, "utf8").trim().split("\n");
    const times = starts.map((text) => Number(text.split(" ")[0]));
    const rate = (times.length - 1) / ((Math.max(...times) - Math.min(...times)) / 1000);
    const wrong = [...problems(fake, actions), ...letters.map((letter) => JSON.stringify(letter))];
    const terms = await this.#query(
      "SELECT holder, extract(epoch FROM at)::float8 * 1000 AS at FROM {schema}.terms ORDER BY fence",
    );
    wrong.push(...outsideOfTerms(starts, terms as unknown as Term[]));
    if (rate > 1.02 * REQUESTS_PER_SECOND) wrong.push(`${rate} requests a second`);
    const { length: requests } = starts;
    return { wrong, actions: committed.length, requests, leaders: terms.length, rate, seconds };
  }

  #startDeliverer(): void {
    const { databaseUrl, schema } = this.#size;
    this.#start({
      ...{ role: "deliverer", name: `deliverer-${this.#deliverers++}`, databaseUrl, schema, log: this.#log },
      ...{ apiUrl: this.#fake!.url, ttlMs: TTL_MS, timeoutMs: TIMEOUT_MS, window: 500 },
      requestsPerSecond: REQUESTS_PER_SECOND,
    });
  }

  #start(start: ProducerStart | DelivererStart): ChildProcess {
    const stdio = ["ignore", "ignore", "pipe"] as const;
    const child = spawn(process.execPath, [this.#program, JSON.stringify(start)], { stdio: [...stdio] });
    this.#children.set(start.name, child);
    let complaint = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.once("close", (code) => {
      // Null: it was killed.
      if (code !== 0 && code !== null) this.#failures.push(`${start.name} ended with ${code}: ${complaint}`);
    });
    return child;
  }

  async #query(text: string, values: string[] = []): Promise<Record<string, unknown>[]> {
    return (await this.#db.query(text.replaceAll("{schema}", this.#size.schema), values)).rows;
  }
}

interface Term {
  holder: string;
  at: number;
}

/** Requests that did not start, or could not have ended, while their program was the elected one. */
function outsideOfTerms(starts: string[], terms: Term[]): string[] {
  return starts.filter((text) => {
    const [time = "", name] = text.split(" ");
    const at = Number(time);
    return !terms.some((term, index) => {
      const next = terms[index + 1]?.at ?? Number.POSITIVE_INFINITY;
      return term.holder === name && term.at - 1 <= at && at + TIMEOUT_MS <= next;
    });
  });
}
