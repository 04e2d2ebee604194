import { UsageError } from "../cli-errors.ts";

const INSTALL = "npm install hyparquet@1.31.5";

/** What it is made of too: a damaged page has to be found before it is read. */
const importAll = async () => ({
  ...(await import("hyparquet")),
  ...(await import("hyparquet/src/column.js")),
  ...(await import("hyparquet/src/datapage.js")),
  ...(await import("hyparquet/src/schema.js")),
  ...(await import("hyparquet/src/thrift.js")),
});

export type Hyparquet = Awaited<ReturnType<typeof importAll>>;

/** Imported only here, and only where there is a Parquet file. */
export async function importHyparquet(file: string): Promise<Hyparquet> {
  try {
    return await importAll();
  } catch (cause) {
    const missing = `Parquet needs the package hyparquet, which is not installed: ${INSTALL}`;
    throw new UsageError(`${file}: ${missing}`, { cause });
  }
}
