import { join } from "node:path";
import ts from "typescript";
import { root } from "./pages.ts";

/** What the compiler says of these files, with the settings of the package, JavaScript included. */
export function typeProblems(files: readonly string[]): string[] {
  const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const settings = { ...options, allowJs: true, checkJs: true };
  const modules = join(root, "test/recipes/stand-ins/modules.d.ts");
  const problems = ts.getPreEmitDiagnostics(ts.createProgram([...files, modules], settings));
  return problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
