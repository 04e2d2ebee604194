// Test files share their modules and globals. One that leaves a global changed would break a later file, by chance of order.

import { afterAll, expect } from "vitest";

const SHARED = globalThis as typeof globalThis & { globalsAtFirst?: Record<string, unknown> };

function globals(): Record<string, unknown> {
  const { setTimeout, clearTimeout, setImmediate, fetch, performance } = globalThis;
  return { setTimeout, clearTimeout, setImmediate, fetch, now: performance.now, random: Math.random };
}

SHARED.globalsAtFirst ??= globals();
const expected = SHARED.globalsAtFirst;

afterAll(() => {
  for (const [name, value] of Object.entries(globals())) {
    expect(value === expected[name], `this file, or one before it, has left ${name} changed`).toBe(true);
  }
});
