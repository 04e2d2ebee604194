import { measure } from "./child.ts";
import type { Benchmark } from "./outcome.ts";
import { bundle, installation } from "./package-weight.ts";
import { median } from "./statistics.ts";

export const weight: Benchmark = async ({ quick }) => {
  const rounds = quick ? 1 : 15;
  const { minified, brotli } = await bundle();
  const { packages, bytes } = installation();
  const times = { library: [] as number[], empty: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (const what of round % 2 === 0 ? (["library", "empty"] as const) : (["empty", "library"] as const)) {
      const { ms } = await measure<{ ms: number }>("measured/import.mjs", what);
      times[what].push(ms);
    }
  }
  const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  return {
    title: "Weight",
    method:
      "What a bundler ships for `import { createAudienceClient }`, openapi-fetch included; what npm installs; and the time of a cold import.",
    tables: [
      {
        caption: `Size, and time of an import in a new process (median of ${rounds}, order alternated)`,
        columns: ["", "value"],
        rows: [
          ["bundle, minified", kB(minified)],
          ["bundle, minified and brotli", kB(brotli)],
          ["installed", kB(bytes)],
          ["packages installed", `${packages.length}: ${packages.join(", ")}`],
          ["cold import", `${median(times.library).toFixed(1)} ms`],
          ["cold import of an empty module", `${median(times.empty).toFixed(1)} ms`],
        ],
      },
    ],
  };
};
