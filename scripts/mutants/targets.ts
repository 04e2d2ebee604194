/** What is mutated, and the tests that run for it: its own and the fast ones of what uses it, the fastest first. */
export interface Target {
  name: string;
  mutate: string;
  tests: string[];
}

const OF_THE_CLIENT = ["test/client.test.ts", "test/audiences/**/*.test.ts", "test/diagnostics.test.ts"];

export const TARGETS: Target[] = [
  { name: "actions", mutate: "src/actions/**/*.ts", tests: ["test/actions/**/*.test.ts"] },
  {
    name: "transport",
    mutate: "src/transport/**/*.ts",
    tests: [
      "test/transport/**/*.test.ts",
      ...OF_THE_CLIENT,
      "test/update/{statuses,throttled,abort,failures}.test.ts",
      "test/secrets.test.ts",
    ],
  },
  {
    name: "window",
    mutate: "src/window/**/*.ts",
    tests: [
      "test/window/**/*.test.ts",
      "test/update/{update,source,invalid,flush,resume,isolate,windows}.test.ts",
      "test/audiences/replace.test.ts",
    ],
  },
  {
    name: "indexing",
    mutate: "src/indexing/**/*.ts",
    tests: ["test/indexing/**/*.test.ts", "test/update/{windows,resume}.test.ts"],
  },
  {
    name: "update",
    mutate: "src/update/**/*.ts",
    tests: ["test/update/!(order).test.ts", ...OF_THE_CLIENT, "test/transport/shared-limiter.test.ts"],
  },
  {
    name: "mirror",
    mutate: "src/mirror/{compare,record,record-table}.ts",
    tests: ["test/mirror/{record,compare,mirror}.test.ts"],
  },
];

export function targetNamed(name: string | undefined): Target {
  const target = TARGETS.find((target) => target.name === name);
  if (target === undefined) {
    throw new Error(`Expected one of ${TARGETS.map(({ name }) => name).join(", ")}, got ${name}`);
  }
  return target;
}
