import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { documentIn } from "../../scripts/spec/document.ts";
import { firstPage } from "./project.ts";

const document = '{\n  "openapi": "3.1.0"\n}';

it("the document is found in the vendor's page, byte for byte", () => {
  const document = documentIn(firstPage, "page.md");
  expect(createHash("sha256").update(document).digest("hex")).toBe(
    "59109850485015a42368abb007a4d6bfd64918bfbd9809ab9da822eac9a8aec0",
  );
});

it.each([
  ["at the end of a page without a last newline", `\`\`\`json\n${document}\n\`\`\``],
  ["after an empty block", `\`\`\`json\n\`\`\`\ntext\n\`\`\`json\n${document}\n\`\`\`\n`],
  ["after a broken payload", `\`\`\`json\n{ "name": … }\n\`\`\`\n\`\`\`json\n${document}\n\`\`\`\n`],
  [
    "beside a payload that only mentions the word",
    `\`\`\`json\n{"x": "openapi"}\n\`\`\`\n\`\`\`json\n${document}\n\`\`\`\n`,
  ],
  ["in a longer fence with a title", `\`\`\`\`json title="API"\n${document}\n\`\`\`\`\n`],
  ["in an indented block", `- list\n\n  \`\`\`json\n${document}\n  \`\`\`\n`],
])("the document is found %s", (_, text) => {
  expect(documentIn(text, "page.md")).toBe(document);
});

it("the document is found in a page with Windows line ends", () => {
  const text = `# Page\r\n\`\`\`json\r\n{"openapi":"3.1.0"}\r\n\`\`\`\r\n`;
  expect(documentIn(text, "page.md")).toBe('{"openapi":"3.1.0"}');
});

it.each(["update.json", "https://example.com/update.json", "folder/page#1.json"])(
  "the document is the whole text of %s",
  (name) => {
    expect(documentIn(document, name)).toBe(document);
  },
);
