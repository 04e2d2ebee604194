import type { AudienceMember } from "../actions/action.ts";
import type { AudienceClient } from "../client.ts";
import { assertAudience } from "../options.ts";
import { UndeliveredActions } from "../update/undelivered.ts";
import { describeCause, describeIssues, InvalidActionError, UpdateError } from "../update/update-error.ts";
import { Envelope } from "../window/chunk.ts";
import type { Source } from "../window/source.ts";
import { type Run, snapshotAfter } from "./accept-plan.ts";
import { Partitions } from "./blobs.ts";
import { guardChanges, guardState } from "./guards.ts";
import { type Manifest, partsOf } from "./manifest.ts";
import { type Guard, MirrorGuardError } from "./mirror-errors.ts";
import { type MirrorOptions, type ResolvedMirrorOptions, resolveMirrorOptions } from "./mirror-options.ts";
import { type MirrorReport, reportOf } from "./mirror-report.ts";
import { State } from "./mirror-state.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { type MembersRead, readMembers } from "./read-members.ts";
import { type Sent, sendPlan } from "./send-plan.ts";
import { countIds, leavesDoubt, waitForAll } from "./wait-for-all.ts";

/**
 * Makes the audience exactly this list, and sends only what changed since the last run. Of several members with one id, the last
 * counts. The list is read to its end before the first request.
 *
 * Rejects with `MirrorGuardError` if a guard refuses the run, with `MirrorStateError` for a state that cannot be used, with
 * `InvalidActionError` if a member is invalid, with what the source throws, and with `ConfigurationError`: then nothing was sent.
 * Rejects with `UpdateError` if the sending ended early: the state says what was accepted, so run it again.
 */
export async function mirror(
  client: AudienceClient,
  audience: string,
  members: Source<AudienceMember>,
  options: MirrorOptions,
): Promise<MirrorReport> {
  assertAudience(audience);
  const settings = resolveMirrorOptions(options);
  const { head, close } = await settings.state.open();
  try {
    return await new MirrorRun(client, audience, settings, new State(settings.state, head)).run(members);
  } finally {
    await close();
  }
}

class MirrorRun {
  readonly #client: AudienceClient;
  readonly #audience: string;
  readonly #options: ResolvedMirrorOptions;
  readonly #state: State;
  /** What the last run has left. */
  readonly #before: Manifest;
  readonly #run: Run;
  readonly #guards: Guard[] = [];

  constructor(client: AudienceClient, audience: string, options: ResolvedMirrorOptions, state: State) {
    const { destination } = client;
    this.#client = client;
    this.#audience = audience;
    this.#options = options;
    this.#state = state;
    this.#before = state.before ?? { audience, destination, run: 0, members: 0 };
    const random = globalThis.crypto.randomUUID().slice(0, 8);
    this.#run = { store: options.state, name: `${this.#before.run + 1}-${random}` };
  }

  /** Read, compare, commit the plan, send it, commit what became of it, wait. */
  async run(members: Source<AudienceMember>): Promise<MirrorReport> {
    const { update } = this.#options;
    const { destination } = this.#client;
    this.#check(guardState(this.#state.before, this.#audience, destination, this.#options));
    const listed = new Partitions(this.#run.store, `${this.#run.name}-listed`);
    const maxBytes = update.maxBytesPerRequest - new Envelope(this.#audience).bytes;
    const read = await readMembers(members, listed, update, maxBytes);
    if (read.issues.length > 0) throw await this.#invalid(read);
    const prepared = await prepare(listed, this.#before, this.#isReplacement, this.#run, update.signal);
    this.#check(guardChanges(prepared.tally, read.rejected, this.#options));
    if (update.dryRun) {
      const { report } = await this.#send(prepared);
      return { ...reportOf(report, read, prepared.tally), guards: this.#guards };
    }
    return this.#carryOut(prepared, read);
  }

  /** A replacement that was cut off may have left anything. Only another one makes that exact. */
  get #isReplacement(): boolean {
    const { baseline, reassert } = this.#options;
    const { snapshot, plan } = this.#before;
    return reassert || plan?.replacement === true || (snapshot === undefined && baseline === "replace");
  }

  #check(guard: Guard | undefined): void {
    if (guard === undefined) return;
    if (!this.#options.update.dryRun) throw new MirrorGuardError(guard);
    this.#guards.push(guard);
  }

  async #carryOut(prepared: Prepared, read: MembersRead): Promise<MirrorReport> {
    const { plan, complete, tally, isChange } = prepared;
    const { run, ...before } = this.#before;
    this.#options.update.signal?.throwIfAborted();
    // The plan before is still needed, for what the API may refuse.
    const needed = [...complete.parts, ...partsOf(this.#before.plan)];
    // From here on, a run that is cut off is known to the next one.
    if (isChange) await this.#state.commit({ ...before, run: run + 1, plan }, needed);
    const sent = await this.#send(prepared);
    const report = reportOf(sent.report, read, tally);
    // A replacement that is not known to be accepted is still to be made: the plan stays.
    const isPlanned =
      plan.replacement && sent.error !== undefined && sent.report.checkpoint.replaced !== true;
    if (!isPlanned) await this.#finish(prepared, sent, report);
    if (sent.error !== undefined) throw unfinished(sent.error, report);
    return report;
  }

  #send({ plan }: Prepared): Promise<Sent> {
    const { plan: earlier, tokens } = this.#before;
    const pending = tokens ?? (earlier && []);
    const { store } = this.#run;
    return sendPlan(this.#client, this.#audience, plan, store, this.#options.update, pending);
  }

  /** Commits what the audience holds now, waits until it does, and counts. */
  async #finish(prepared: Prepared, sent: Sent, report: MirrorReport): Promise<void> {
    const manifest = await this.#commit(prepared, sent);
    const { tokens } = manifest;
    report.expectedIds = manifest.members;
    report.applied = tokens === undefined;
    if (sent.error !== undefined || !this.#options.wait) return;
    const { update } = this.#options;
    report.applied = tokens === undefined || (await waitForAll(this.#client, report, tokens, update));
    const isIdle = report.applied && (await countIds(this.#client, report, update));
    // What has no token is known to be applied only once the audience as a whole is.
    if (tokens !== undefined && isIdle && !leavesDoubt(report)) {
      await this.#state.commit({ ...manifest, tokens: undefined });
    }
  }

  async #commit({ plan, complete, isChange }: Prepared, sent: Sent): Promise<Manifest> {
    const { audience, destination, run, snapshot, tokens: earlier = [] } = this.#before;
    if (!isChange && snapshot !== undefined) return this.#before;
    const { parts, members } = await snapshotAfter(sent, plan, complete, this.#before, this.#run);
    // Those of earlier runs were waited for before the first request, unless that has failed.
    const tokens = [...(sent.error === undefined ? [] : earlier), ...sent.report.indexingTokens];
    const manifest: Manifest = { audience, destination, run: run + 1, members, snapshot: parts };
    if (isChange) manifest.tokens = tokens;
    await this.#state.commit(manifest);
    return manifest;
  }

  async #invalid(read: MembersRead): Promise<InvalidActionError> {
    const nothing = await this.#client.update(this.#audience, [], { dryRun: true });
    const report = reportOf(nothing, read);
    const message = describeIssues(read.issues, "Nothing was sent.");
    return new InvalidActionError(message, read.issues, { report, undelivered: new UndeliveredActions([]) });
  }
}

function unfinished({ cause, undelivered }: UpdateError, report: MirrorReport): UpdateError {
  const { audience, received, rejected, accepted } = report;
  const message =
    `The mirror of the audience ${audience} ended early: ${describeCause(cause).replace(/\.$/, "")}. ` +
    `Accepted: ${accepted} of ${received - rejected} changes. The state says which: run it again, with this list or a newer one.`;
  return new UpdateError(message, { report, undelivered }, { cause });
}
