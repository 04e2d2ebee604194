import type { AppliedState } from "../index.ts";
import { ACTIONS, type Arguments, FORMATS, type GivenFile, oneOf, positive } from "./arguments.ts";
import { CheckpointFile, loadCheckpoint } from "./checkpoint.ts";
import type { Connection, World } from "./connection.ts";
import { deliver } from "./deliver.ts";
import { EXIT, exitCodeOf, UsageError } from "./errors.ts";
import { findInputs } from "./input.ts";
import { keep } from "./keep.ts";
import { sayHowItEnded } from "./outcome.ts";
import { Reader } from "./reader.ts";
import { Rejected } from "./rejected.ts";
import { resultJson, resultTable } from "./result.ts";
import { Trail } from "./trail.ts";
import { waitFor } from "./wait.ts";
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
  for (const flag of ["rejected", "checkpoint"] as const) {
    const path = flags[flag];
    if (inputs.some((input) => input.path === path))
      throw new UsageError(`--${flag} ${path}: is an input too`);
  }

  const idColumn = flags["id-column"] ?? "id";
  const run = { audience, destination: connection.destination, idColumn, inputs };
  const saved = flags.checkpoint === undefined ? undefined : loadCheckpoint(flags.checkpoint, run);
  const resumeFrom = saved?.checkpoint;
  const trail = flags.checkpoint === undefined ? undefined : new Trail(saved?.settled);
  const reader = new Reader(inputs, idColumn, trail);
  const rejected = new Rejected(flags.rejected, resumeFrom?.records ?? 0);
  const checkpoint =
    flags.checkpoint === undefined || trail === undefined || dryRun
      ? undefined
      : new CheckpointFile(flags.checkpoint, run, trail, resumeFrom);
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
    rejected.discard();
    if (resumeFrom === undefined) checkpoint?.remove();
    throw error;
  });
  const kept = await keep(delivered, {
    reader,
    rejected,
    checkpoint,
    undelivered: flags.undelivered,
    resumeFrom,
  });

  let error = delivered.cause;
  let states: Record<string, AppliedState> | undefined;
  const { indexingTokens } = delivered.report;
  if (flags.wait && !dryRun && error === undefined && indexingTokens.length > 0) {
    try {
      states = await waitFor(audience, indexingTokens, timeout, connection, world);
    } catch (notApplied) {
      error = notApplied;
    }
  }

  const isWorthATable = error === undefined || delivered.report.received > 0;
  const result = { report: delivered.report, dryRun, states, error };
  if (flags.json || isWorthATable) {
    await world.print(flags.json ? resultJson(result) : resultTable(result));
    world.screen.separate();
  }
  sayHowItEnded({ ...delivered, cause: error }, { kept, rejected, flags, inputs }, world.screen);
  if (error !== undefined) return exitCodeOf(error);
  return kept.problems.length > 0 || delivered.report.rejected > 0 ? EXIT.undelivered : 0;
}

function standardInput({ isInputTerminal }: World): GivenFile {
  if (isInputTerminal) throw new UsageError("no input: name a file, or pipe one in");
  return { path: "-" };
}
