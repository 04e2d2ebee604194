/** What is mutated, and the tests that run for it: its own and the fast ones of what uses it, the fastest first. */
export interface Target {
  name: string;
  /** Patterns with commas between them. */
  mutate: string;
  tests: string[];
}

export const TARGETS: Target[] = [
  { name: "actions", mutate: "src/actions/**/*.ts", tests: ["test/actions/*.test.ts"] },
  {
    name: "transport",
    mutate: "src/transport/**/*.ts",
    tests: [
      "test/transport/!(redirect).test.ts",
      "test/update/{decisions,statuses,throttled,abort}.test.ts",
      "test/client.test.ts",
      "test/audiences/{create-and-delete,list}.test.ts",
      "test/transport/redirect.test.ts",
      "test/{diagnostics,secrets}.test.ts",
    ],
  },
  {
    name: "window",
    mutate: "src/window/**/*.ts",
    tests: [
      "test/window/{source,chunk,spill,last-action-per-id,window-reader,flush-timer,action-buffer}.test.ts",
      "test/update/{invalid,flush,undelivered,source}.test.ts",
      "test/window/id-map.test.ts",
      "test/update/{update,resume}.test.ts",
      "test/node/spill.test.ts",
    ],
  },
  {
    name: "indexing",
    mutate: "src/indexing/**/*.ts",
    tests: [
      "test/indexing/{indexing-state,stall-limit,wait-until-applied,pending-requests,id-sketch}.test.ts",
    ],
  },
  {
    name: "update",
    mutate: "src/update/**/*.ts",
    tests: [
      "test/update/{audience-turns,decisions,outcome,outgoing-window,run-windows,refusals,traffic,update-error,callbacks,report,report-lists,update-options}.test.ts",
      "test/update/{abort,flush,invalid,statuses,throttled,undelivered}.test.ts",
      "test/transport/shared-limiter.test.ts",
      "test/client.test.ts",
      "test/audiences/{create-and-delete,replace}.test.ts",
      "test/update/{windows,isolate,source,update,resume,failures}.test.ts",
      "test/diagnostics.test.ts",
      "test/node/{spill,spill-failures,spill-resume}.test.ts",
      "test/update/order.test.ts",
    ],
  },
  {
    name: "mirror",
    mutate: "src/mirror/compare.ts,src/mirror/record.ts,src/mirror/record-table.ts",
    tests: ["test/mirror/{record,compare}.test.ts"],
  },
];

export function targetNamed(name: string | undefined): Target {
  const target = TARGETS.find((target) => target.name === name);
  if (target === undefined) {
    throw new Error(`Expected one of ${TARGETS.map(({ name }) => name).join(", ")}, got ${name}`);
  }
  return target;
}
