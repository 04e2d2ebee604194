import { type PageHeader, parquetMetadata } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enterFolder, type Folder, runCli } from "../../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
});
afterAll(() => folder.remove());

const ROWS = 64;

/** The rows of a file that is changed before it is read. */
async function readDamaged(damage: (bytes: Uint8Array) => void) {
  const at = Array.from({ length: ROWS }, (_, at) => at);
  const columnData = [
    { name: "id", data: at.map(String), type: "STRING" as const },
    {
      name: "city",
      data: at.map((at) => (at === 1 ? null : "Lyon")),
      type: "STRING" as const,
      nullable: true,
    },
    { name: "kind", data: at.map((at) => `kind ${at % 3}`), type: "STRING" as const },
  ];
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData, codec: "UNCOMPRESSED" }));
  damage(bytes);
  folder.write("damaged.parquet", Buffer.from(bytes));
  const args = ["update", "vips", "damaged.parquet", "--action", "add", "--dry-run"];
  const { exitCode, stderr } = await runCli(args);
  return { exitCode, reason: stderr.split("\n")[0] };
}

/** As the header of a run: of one value, 2^31 - 1 times. */
const LONGEST_RUN = [0xfe, 0xff, 0xff, 0xff, 0x0f];
const BROKEN = "error: damaged.parquet: cannot be read as Parquet:";

/** The data page of a column, and where it begins. */
function pageOf(bytes: Uint8Array, column: 0 | 1 | 2): { header: PageHeader; at: number } {
  const meta = parquetMetadata(bytes.buffer as ArrayBuffer).row_groups[0]!.columns[column]!.meta_data!;
  const reader = { view: new DataView(bytes.buffer), offset: Number(meta.data_page_offset) };
  return { header: parquetHeader(reader), at: reader.offset };
}

test("a file that nothing has changed is read", async () => {
  expect(await readDamaged(() => {})).toMatchObject({ exitCode: 0 });
});

test("a run of more levels than its page has values is an error, and does not fill the memory", async () => {
  const found = await readDamaged((bytes) => bytes.set(LONGEST_RUN, pageOf(bytes, 1).at));
  expect(found).toEqual({
    exitCode: 1,
    reason: `${BROKEN} a page has 2147483647 where there can be at most 10064`,
  });
});

test("a run of more indexes than its page has values is an error, and does not fill the memory", async () => {
  const found = await readDamaged((bytes) => {
    const { header, at } = pageOf(bytes, 2);
    const { encoding, definition_levels_byte_length: levels } = header.data_page_header_v2!;
    expect(encoding).toBe("RLE_DICTIONARY");
    // Between the levels and the runs is the number of bits.
    bytes.set(LONGEST_RUN, at + levels + 1);
  });
  expect(found).toEqual({
    exitCode: 1,
    reason: `${BROKEN} a page has 2147483647 where there can be at most 10064`,
  });
});

test("a number of rows that the columns do not have is an error, and adds no rows", async () => {
  const found = await readDamaged((bytes) => {
    // The last number of 64 bits that is 64 is how many rows the row group has.
    const at = Buffer.from(bytes).lastIndexOf(Buffer.from([0x16, 0x80, 0x01]));
    bytes[at + 1] = 0x82;
    expect(parquetMetadata(bytes.buffer as ArrayBuffer).row_groups[0]!.num_rows).toBe(65n);
  });
  expect(found).toEqual({ exitCode: 1, reason: `${BROKEN} a column has 64 values for 65 rows` });
});
