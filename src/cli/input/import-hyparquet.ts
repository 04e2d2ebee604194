import { UsageError } from "../cli-errors.ts";

const INSTALL = "npm install hyparquet@1.31.5";

/** Imported only here, and only where there is a Parquet file. */
export async function importHyparquet(file: string): Promise<typeof import("hyparquet")> {
  try {
    return await import("hyparquet");
  } catch (cause) {
    const missing = `Parquet needs the package hyparquet, which is not installed: ${INSTALL}`;
    throw new UsageError(`${file}: ${missing}`, { cause });
  }
}
