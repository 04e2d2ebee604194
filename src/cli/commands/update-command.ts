import { oneOf, positive, wholeNumber } from "../argument-values.ts";
import { ACTIONS, type DeliveryArguments, FORMATS, type GivenFile } from "../arguments.ts";
import { UsageError } from "../cli-errors.ts";
import type { Flags } from "../command-options.ts";
import type { Connection } from "../connection.ts";
import { pluralize } from "../format.ts";
import { findInputs } from "../input/find-inputs.ts";
import { InputReader } from "../input/input-reader.ts";
import { tableOptions } from "../input/table-options.ts";
import type { Terminal } from "../output/terminal.ts";
import type { World } from "../world.ts";
import { type DeliveryOptions, deliverRows } from "./deliver-rows.ts";
import { endUpdate } from "./end-update.ts";
import { openOutputs, ProgressSaver, type RunOutputs } from "./run-outputs.ts";

/**
 * Brings the audience to the state of the inputs, or replaces it by them, and prints what became of each record. Resolves to the
 * exit code.
 */
export async function updateCommand(
  { command, audience, files, flags }: DeliveryArguments,
  connection: Connection,
  terminal: Terminal,
  world: World,
): Promise<number> {
  const timeout = positive("timeout", flags.timeout);
  const window = wholeNumber("window", flags.window, { min: 1 });
  const table = tableOptions(flags);
  const inputs = await findInputs(files.length > 0 ? files : [standardInput(world)], {
    format: oneOf("format", flags.format, FORMATS),
    kind: command === "replace" ? "member" : oneOf("action", flags.action, ACTIONS),
  });
  const run = { command, audience, destination: connection.destination, table, inputs };
  const outputs = openOutputs(flags, run, terminal, world);
  const reader = new InputReader(inputs, { table, stdin: world.stdin, ends: outputs.ends });
  noteResume(outputs, flags, terminal);
  try {
    const saver = new ProgressSaver(outputs, terminal);
    const options = { ...deliveryOptions(flags, outputs, saver, world), window };
    const target = { command, audience, allowEmpty: flags["allow-empty"] };
    const delivered = await deliverRows(target, reader, options, connection, terminal).catch(
      (error: unknown) => {
        if (outputs.resumeFrom === undefined) outputs.checkpointFile?.remove();
        throw error;
      },
    );
    if (delivered.cause !== undefined) saver.save(delivered.report.checkpoint);
    const end = { command, audience, timeout, flags, delivered, outputs, reader, saver };
    return await endUpdate(end, connection, terminal, world);
  } finally {
    outputs.lock?.release();
    reader.close();
  }
}

export function standardInput({ stdin }: World): GivenFile {
  if (stdin.isTTY) throw new UsageError("no input: name a file, or pipe one in");
  return { path: "-" };
}

function noteResume({ resumeFrom }: RunOutputs, flags: Flags, terminal: Terminal): void {
  const records = resumeFrom?.records ?? 0;
  if (records === 0) return;
  terminal.note(`Resuming after ${pluralize(records, "record")}, from ${flags.checkpoint}.`);
}

function deliveryOptions(
  flags: Flags,
  { rejections, resumeFrom, workDirectory }: RunOutputs,
  saver: ProgressSaver,
  { signal }: World,
): DeliveryOptions {
  return {
    signal,
    resumeFrom,
    spill: workDirectory?.spill,
    dryRun: flags["dry-run"],
    invalid: flags["skip-invalid"] ? "skip" : "throw",
    refused: flags.isolate ? "isolate" : "stop",
    onRejected: (issue, record) => rejections.add(issue, record),
    onProgress: ({ checkpoint }) => saver.save(checkpoint),
  };
}
