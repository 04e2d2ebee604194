// What the help of several commands says.

import { EXIT } from "./cli-errors.ts";

export const EXAMPLES = `Examples:
  # A table with the columns id and action; other columns become attributes
  batch-audiences update vip_customers tonight.csv

  # Two lists of ids: add the first, then remove the second
  batch-audiences update vip_customers --add new.csv --remove left.csv \\
    --id-column email --wait

  # A long run at night: leaves bad records out; the same command resumes it
  batch-audiences update vip_customers all.ndjson.gz --skip-invalid \\
    --rejected bad.ndjson --checkpoint run.json`;

export const TABLES = `  .csv, .tsv             a header, then one id in each row. Cells are text, unless the header says age:number or
                         vip:boolean; date(joined) and url(avatar) hold times and addresses. An empty cell is no
                         attribute.`;

export const READING = `  .parquet               a table too; needs the package hyparquet
  CSV, TSV and NDJSON may be gzipped.
  --format FORMAT        csv, tsv, ndjson or parquet, for files without such an extension and for standard input`;

export const COLUMNS = `Tables:
  --id-column NAME       the column with the ids, id by default
  --map COLUMN=NAME      gives a column another name, such as "E-mail=id" or "Age=age:number"; once for each
  --ignore COLUMN        leaves a column out; once for each
  --no-header            the first line is a row; needs --columns
  --columns NAMES        the names of the columns, with commas: id,action,city
  --delimiter CHARACTER  what separates the cells, such as ; or tab; a comma by default, in TSV a tab
  --decimal CHARACTER    what stands before decimals, . by default or ,
  --null TEXT            a cell that is no attribute, \\N by default; once for each
  --timezone ZONE        where times without an offset are from, such as Europe/Paris or +01:00`;

export const SENDING = `Sending:
  --dry-run, -n          read and check everything, send nothing; needs no keys
  --skip-invalid         leave invalid records out; by default they end the run
  --isolate              when the API refuses a request, find the records that it refuses and deliver the others
  --wait                 wait until everything is applied
  --timeout SECONDS      how long to wait, 900 by default
  --window NUMBER        how many ids are held in memory, 1000000 by default: fewer take less memory`;

export const FILES_WRITTEN = `Files written:
  --checkpoint FILE      how far the run is, deleted on success; the same command resumes from it
  --work-dir DIR         for actions that do not fit memory; the system's temporary directory by default
  --no-spill             use no disk: slower where ids of an input of millions come again
  --rejected FILE        the rejected records with the reasons, as NDJSON`;

const CONNECTION = `Connection:
  --rate NUMBER          requests per second, 1 by default: the API counts all programs of a project together
  --base-url URL         whole base address, version included; by default what BATCH_BASE_URL says, or else
                         https://api.batch.com/<version>
  --api-version VERSION  2.11 by default
  --mock                 send to a mock of the API that lives as long as the command: needs no keys and has no rate
                         limit`;

export const GENERAL_OPTIONS = `  --quiet                only errors on standard error, no progress and no notes
  --verbose              a note for each accepted request, and for each poll of wait
  --debug                errors with their stacks
  --help, --version`;

const OUTPUT = `Output:
  --json                 the result as JSON
${GENERAL_OPTIONS}`;

export const KEYS = `The keys are read from the environment, BATCH_REST_KEY and BATCH_PROJECT_KEY. From a file:
  node --env-file=.env $(which batch-audiences) update vip_customers tonight.csv`;

export const EXIT_CODES = `Exit codes:
  0    all accepted
  ${EXIT.undelivered}    something not delivered or rejected
  ${EXIT.usage}    usage or configuration
  ${EXIT.notApplied}    accepted but not yet applied
  ${EXIT.guarded}    refused by a guard of mirror
  ${EXIT.hungUp}  terminal closed
  ${EXIT.interrupted}  interrupted
  ${EXIT.terminated}  terminated`;

/** The help of a command: what is its own, then what all have. */
export function help(purpose: string, usage: string, ...sections: string[]): string {
  const parts = [purpose, `Usage:\n  batch-audiences ${usage}`, ...sections];
  return `${[...parts, CONNECTION, OUTPUT, KEYS, EXIT_CODES].join("\n\n")}\n`;
}
