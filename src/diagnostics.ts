/**
 * What a program can observe: channels of `node:diagnostics_channel`, where the runtime has them. Not imported, since a bundler
 * for browsers would fail on it. Messages hold no id, key or token. A subscriber that throws changes nothing here: Node reports
 * it as an uncaught exception.
 */
const diagnostics = globalThis.process?.getBuiltinModule?.("node:diagnostics_channel");

/**
 * Runs with a tracing channel around it. `describe` adds what came of it to the message. The channel's own `result` and `error`
 * stay unused: these would hold ids and tokens.
 */
export function trace<T>(
  name: "update" | "request",
  begin: () => object,
  run: () => Promise<T>,
  describe: (value: T | undefined, error?: unknown) => object,
): Promise<T> {
  const channel = diagnostics?.tracingChannel?.(`batch-audiences:${name}`);
  if (!channel?.hasSubscribers) return run();
  const message = begin();
  let running: Promise<T>;
  async function perform(): Promise<void> {
    running = run();
    Object.assign(message, await running.then(describe, (error: unknown) => describe(undefined, error)));
  }
  return channel.tracePromise(perform, message).then(() => running);
}

/** All requests of a client wait for so long. */
export function publishThrottle(waitMs: number): void {
  diagnostics?.channel("batch-audiences:throttle").publish({ waitMs });
}
