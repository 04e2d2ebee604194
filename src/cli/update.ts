import { resolve } from "node:path";
import { type AppliedState, NotAppliedError } from "../index.ts";
import {
  ACTIONS,
  type Arguments,
  type Flags,
  FORMATS,
  type GivenFile,
  oneOf,
  positive,
} from "./arguments.ts";
import { CheckpointFile, loadCheckpoint } from "./checkpoint.ts";
import type { Connection, World } from "./connection.ts";
import { deliver } from "./deliver.ts";
import { EXIT, exitCodeOf, Interruption, UsageError } from "./errors.ts";
import { findInputs, type Input } from "./input.ts";
import { keep } from "./keep.ts";
import { sayHowItEnded } from "./outcome.ts";
import { Reader } from "./reader.ts";
import { Rejected } from "./rejected.ts";
import { resultJson, resultTable } from "./result.ts";
import { Trail } from "./trail.ts";
import { waitFor } from "./wait.ts";
import { cannotWrite, WholeFile } from "./whole-file.ts";
import { counted } from "./words.ts";

/** Brings the audience to the state of the input, and says what became of it. Resolves to the exit code. */
export async function update(
  { audience, files, flags }: Extract<Arguments, { command: "update" }>,
  connection: Connection,
  world: World,
): Promise<number> {
  const dryRun = flags["dry-run"] === true;
  const timeout = positive("timeout", flags.timeout);
  const inputs = await findInputs(files.length > 0 ? files : [standardInput(world)], {
    format: oneOf("format", flags.format, FORMATS),
    action: oneOf("action", flags.action, ACTIONS),
  });
  checkOutputs(flags, inputs);

  const idColumn = flags["id-column"] ?? "id";
  const run = { audience, destination: connection.destination, idColumn, inputs };
  const saved = flags.checkpoint === undefined ? undefined : loadCheckpoint(flags.checkpoint, run);
  const resumeFrom = saved?.checkpoint;
  const trail = flags.checkpoint === undefined ? undefined : new Trail(saved?.settled);
  const reader = new Reader(inputs, idColumn, trail);
  const checkpoint =
    flags.checkpoint === undefined || trail === undefined || dryRun
      ? undefined
      : new CheckpointFile(flags.checkpoint, run, trail, resumeFrom);
  const rejected = new Rejected(flags.rejected, resumeFrom?.records ?? 0);
  if (resumeFrom !== undefined && resumeFrom.records > 0) {
    world.screen.note(
      `Going on after ${counted(resumeFrom.records, "record")}, as ${flags.checkpoint} says.`,
    );
  }

  const delivered = await deliver(
    {
      audience,
      reader,
      rejected,
      checkpoint,
      resumeFrom,
      skipInvalid: flags["skip-invalid"] === true,
      isolate: flags.isolate === true,
      dryRun,
    },
    connection,
    world,
  ).catch((error: unknown) => {
    if (resumeFrom === undefined) checkpoint?.remove();
    throw error;
  });
  const kept = await keep(delivered, {
    reader,
    rejected,
    checkpoint,
    undelivered: dryRun ? undefined : flags.undelivered,
    resumeFrom,
  });

  const { report, cause } = delivered;
  let notWaited: unknown;
  let states: Record<string, AppliedState> | undefined;
  if (flags.wait && !dryRun && cause === undefined && report.indexingTokens.length > 0) {
    try {
      states = await waitFor(audience, report.indexingTokens, timeout, connection, world);
    } catch (error) {
      notWaited = error;
    }
  }

  const isWorthATable = cause === undefined || report.received > 0;
  const result = { report, dryRun, states, error: cause ?? notWaited };
  if (flags.json || isWorthATable) {
    await world.print(flags.json ? resultJson(result) : resultTable(result));
    world.screen.separate();
  }
  sayHowItEnded(delivered, { kept, rejected, flags, notWaited }, world.screen);
  // One window that was not applied in time keeps the next from being sent.
  if (cause !== undefined) return cause instanceof NotAppliedError ? EXIT.undelivered : exitCodeOf(cause);
  if (notWaited instanceof Interruption) return notWaited.exitCode;
  if (kept.problems.length > 0 || report.rejected > 0) return EXIT.undelivered;
  return notWaited === undefined ? 0 : EXIT.notApplied;
}

/** Refuses files that would overwrite each other or the input, or that cannot be written. */
function checkOutputs({ rejected, checkpoint, undelivered }: Flags, inputs: readonly Input[]): void {
  const read = new Set(inputs.filter(({ path }) => path !== "-").map(({ path }) => resolve(path)));
  const written = new Set<string>();
  for (const [flag, path] of Object.entries({ checkpoint, rejected, undelivered })) {
    if (path === undefined) continue;
    const isRead = read.has(resolve(path));
    // What was not delivered is written when all is read, so it may take the place of what was.
    if (isRead && flag !== "undelivered") throw new UsageError(`--${flag} ${path}: is an input too`);
    if (written.has(resolve(path)))
      throw new UsageError(`--${flag} ${path}: is written to by another option`);
    written.add(resolve(path));
  }
  if (undelivered === undefined) return;
  try {
    new WholeFile(undelivered).discard();
  } catch (error) {
    throw cannotWrite("--undelivered", undelivered, error);
  }
}

function standardInput({ isInputTerminal }: World): GivenFile {
  if (isInputTerminal) throw new UsageError("no input: name a file, or pipe one in");
  return { path: "-" };
}
