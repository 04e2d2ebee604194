import { positive, wholeNumber } from "../argument-values.ts";
import type { MockArguments } from "../arguments.ts";
import { startMock } from "../mock.ts";
import type { Terminal } from "../output/terminal.ts";
import { print, type World } from "../world.ts";

const MAX_PORT = 65_535;

/** Serves a mock of the API for any program until it is asked to stop. Prints its address. Resolves to the exit code. */
export async function mockCommand(
  { flags }: MockArguments,
  terminal: Terminal,
  world: World,
): Promise<number> {
  const { url, close } = await startMock({
    port: wholeNumber("port", flags.port, MAX_PORT),
    requestsPerSecond: positive("rate", flags.rate),
    seed: wholeNumber("seed", flags.seed),
  });
  try {
    await print(world, `${url}\n`);
    terminal.note("A mock of Batch's API is at this address until Ctrl-C. It takes any keys.");
    terminal.note(`For this program: export BATCH_BASE_URL=${url}`);
    await aborted(world.signal);
  } finally {
    await close();
  }
  return 0;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
