/** Keeps the weight of `import { createAudienceClient }`, openapi-fetch included, as a bundler ships it. `npm run check:size` */
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

/** Bytes, minified and compressed with Brotli. Raise it in the same commit as the reason. */
const BUDGET = 14_000;

const { outputFiles } = await build({
  stdin: { contents: 'export { createAudienceClient } from "./dist/index.mjs";', resolveDir: process.cwd() },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  write: false,
});
const [bundle] = outputFiles;
const size = brotliCompressSync(bundle!.contents).length;
const sizes = `${size} bytes minified and compressed, budget ${BUDGET}`;
if (size > BUDGET) {
  console.error(
    `The library has grown: ${sizes}. Make it smaller, or raise the budget in scripts/check-size.ts.`,
  );
  process.exitCode = 1;
} else console.log(sizes);
