/** Lets the event loop go round. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when the condition holds, however long that takes. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turns(1);
}
