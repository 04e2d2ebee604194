const EXAMPLES = `Examples:
  # A table with the columns id and action; every other column becomes an attribute
  batch-audiences update vip_customers tonight.csv

  # Two lists of ids, one put on the audience and one taken off, in this order
  batch-audiences update vip_customers --add new.csv --remove left.csv --id-column email --wait

  # A long run, unattended: leaves bad records out, and the same command again resumes it
  batch-audiences update vip_customers all.ndjson.gz --skip-invalid --rejected bad.ndjson --checkpoint run.json`;

const CONNECTION = `Connection:
  --rate NUMBER          requests per second, 1 by default: what the API allows a project, all programs together
  --base-url URL         whole base address, version included; https://api.batch.com/<version> by default
  --api-version VERSION  2.11 by default
  --mock                 send to a mock of the API on this machine: needs no keys and has no rate limit
                         (needs the package @stoplight/prism-cli)`;

const OUTPUT = `Output:
  --json                 the result as JSON
  --quiet                no progress and no notes on standard error, only errors
  --debug                stacks of errors
  --help, --version`;

const KEYS = `Keys are read from the environment, BATCH_REST_KEY and BATCH_PROJECT_KEY. From a file:
  node --env-file=.env $(which batch-audiences) update vip_customers tonight.csv`;

const EXIT_CODES = `Exit codes: 0 all accepted, 1 something not delivered or rejected, 2 usage or configuration,
  3 accepted but not yet applied, 130 interrupted`;

const GENERAL = `Brings a Batch audience to the state that files of ids describe.

Usage:
  batch-audiences update <audience> [file...]       send the actions of files, or of standard input
  batch-audiences wait <audience> <token...>        wait until accepted requests are applied
  batch-audiences view <audience>                   show the audience as the API returns it

${EXAMPLES}

Each command explains its options: batch-audiences update --help

${KEYS}

${EXIT_CODES}
`;

const UPDATE = `Sends the actions of files, one after the other, or of standard input (- or a pipe).
Only the last action of each id counts.

Usage:
  batch-audiences update <audience> [file...] [options]

${EXAMPLES}

Files:
  .csv, .tsv             a header and one id a row. Values are text, unless the header says age:number or
                         vip:boolean; date(joined) and url(avatar) are dates and addresses. An empty cell is no
                         attribute, and a removal has none.
  .ndjson, .jsonl        one action a line: {"action":"add","id":"42","attributes":{"age":30}}
  Each may be gzipped.
  --format FORMAT        csv, tsv or ndjson, for files without such an extension and for standard input
  --id-column NAME       the column with the ids, id by default
  --action ACTION        add or remove, for files that do not say it
  --add FILE, --remove FILE
                         the same for one file; in the order given, among the others

Sending:
  --dry-run              reads and checks everything, sends nothing; needs no keys
  --skip-invalid         leaves invalid records out; without it they end the run before their part is sent
  --isolate              when the API refuses a request, finds the records it refuses and delivers the others
  --wait                 waits until all is applied
  --timeout SECONDS      how long to wait, 900 by default

Keeping:
  --checkpoint FILE      written as the run goes, deleted on success; the same command again resumes from it
  --rejected FILE        what was rejected and why, as NDJSON
  --undelivered FILE     what was not delivered, as NDJSON that update takes again

${CONNECTION}

${OUTPUT}

${KEYS}

${EXIT_CODES}
`;

const WAIT = `Waits until accepted requests are applied, by the tokens that update --json shows.

Usage:
  batch-audiences wait <audience> <token...> [options]

  --timeout SECONDS      how long to wait, 900 by default; then the exit code is 3

${CONNECTION}

${OUTPUT}
`;

const VIEW = `Shows the audience as the API returns it.

Usage:
  batch-audiences view <audience> [options]

${CONNECTION}

${OUTPUT}
`;

const HELP: Record<string, string> = { update: UPDATE, wait: WAIT, view: VIEW };

export function helpText(command: string | undefined): string {
  return (command !== undefined && Object.hasOwn(HELP, command) ? HELP[command] : undefined) ?? GENERAL;
}
