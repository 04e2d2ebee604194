import { onTestFinished } from "vitest";
import { type Simulator, type SimulatorOptions, startSimulator } from "./server.ts";

/** A simulator that ends with the test that called for it. */
export async function start(options?: SimulatorOptions): Promise<Simulator> {
  const sim = await startSimulator(options);
  onTestFinished(() => sim.close());
  return sim;
}
