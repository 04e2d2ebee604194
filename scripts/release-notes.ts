/** Prints the notes of the version that a tag is for, and fails where they are not ready. `npm run release-notes -- v1.2.3` */
import { readFileSync } from "node:fs";
import { releaseNotes } from "./release/notes.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
try {
  console.log(releaseNotes(readFileSync("CHANGELOG.md", "utf8"), version, process.argv[2] ?? ""));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
