import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { film } from "../../scripts/picture/film.ts";
import { Screen } from "../../scripts/picture/screen.ts";
import { root } from "./pages.ts";

it("shows what a terminal would", () => {
  const screen = new Screen(10);
  screen.write("\u001b[31merror:\u001b[0m a\n10 %  ab");
  expect(screen.lines()).toEqual(["error: a", "10 %  ab"]);
  screen.write("\r20 %\u001b[K\r");
  expect(screen.lines()).toEqual(["error: a", "20 %"]);
  screen.write("30\u001b[K\n\n0123456789 and more\n\n");
  expect(screen.lines()).toEqual(["error: a", "30", "", "0123456789", " and more"]);
});

it("is a picture that ends with the last screen where nothing moves", () => {
  const picture = film(
    "<A & B>",
    "run",
    [
      { atMs: 0, lines: [] },
      { atMs: 500, lines: ["<done>"] },
    ],
    500,
  );
  const height = Number(/ height="(\d+)"/.exec(picture)![1]);
  expect(picture).toContain('aria-label="&lt;A &amp; B>"');
  expect(picture).toContain("&lt;done>");
  expect(picture).toContain(`.film { transform: translateY(${-height}px); }`);
  expect(picture).toContain(
    `0.00% { transform: translateY(0px) } 50.00% { transform: translateY(${-height}px) }`,
  );
});

it("shows in the README a run that was throttled and ended well", () => {
  const picture = readFileSync(join(root, "docs/pictures/command-line.svg"), "utf8");
  const height = Number(/ height="(\d+)"/.exec(picture)![1]);
  const screens = Array.from(picture.matchAll(/ y="(\d+)">(.*)<\/text>/g), ([, y, text]) => ({
    at: Math.floor(Number(y) / height),
    text: text!,
  }));
  const last = Math.max(...screens.map(({ at }) => at));
  expect(screens.filter(({ text }) => /429|waiting|throttled|paused/i.test(text)).length).toBeGreaterThan(2);
  expect(
    screens
      .filter(({ at }) => at === last)
      .map(({ text }) => text)
      .join("\n"),
  ).toMatch(/applied +\d+ +of \d+/);
});
