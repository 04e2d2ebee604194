const WIDTH = 80;
/** Where the explanation of an option begins. */
const INDENT = " ".repeat(25);

/** The text in lines that fit a terminal. What stands under an explanation is set again together with it. */
export function setLines(text: string): string {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    const before = lines.at(-1) ?? "";
    if (line.startsWith(INDENT) && before[INDENT.length - 1] === " ") {
      lines[lines.length - 1] = `${before} ${line.trim()}`;
    } else lines.push(line);
  }
  return lines.flatMap(cutLine).join("\n");
}

function cutLine(line: string): string[] {
  if (line.length <= WIDTH) return [line];
  const indent = line.startsWith(" ") ? INDENT : "";
  const space = line.lastIndexOf(" ", WIDTH);
  return [line.slice(0, space), ...cutLine(indent + line.slice(space + 1))];
}
