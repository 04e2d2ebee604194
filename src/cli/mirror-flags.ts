/** The options that `mirror` has besides those for reading files. */
export const MIRROR_FLAGS = {
  state: { type: "string" },
  first: { type: "string" },
  "max-removed": { type: "string" },
  "allow-empty": { type: "boolean" },
  reassert: { type: "boolean" },
} as const;
