/** Keeps what the package weighs within bounds, once it is built. `npm run check:size` */
import { bundle, installation } from "./bench/package-weight.ts";

/** In bytes. Raise one in the same commit as the reason. */
const BUDGETS = {
  // 14,100 at first. One owner of a run and its failure paths took 4,000; create, list, replace and delete 1,400. The comparison of
  // the ids of pending requests, several windows that are sent at once, `wait`, a given limiter, a look before a delete is repeated, the
  // advice of errors and the channels to observe took 4,000. What a replacement or a delete does to actions that are handed back, and errors
  // of `fetch` that cannot be read, took the rest.
  shipped: 24_100,
  // 575,000 before long inputs, tables of more kinds, and the fake for the tests of users and for --mock.
  installed: 880_000,
  packages: 3,
};

const { brotli: shipped } = await bundle();
const { packages, bytes: installed } = installation();

check(shipped, BUDGETS.shipped, "bytes that a bundler ships, minified and compressed with Brotli");
check(installed, BUDGETS.installed, "bytes that npm installs");
check(packages.length, BUDGETS.packages, `packages that npm installs: ${packages.join(", ")}`);

function check(size: number, budget: number, what: string): void {
  const sizes = `${size} ${what}; the budget is ${budget}`;
  if (size > budget) {
    console.error(
      `The library has grown: ${sizes}. Make it smaller, or raise the budget in scripts/check-size.ts.`,
    );
    process.exitCode = 1;
  } else console.log(sizes);
}
