import { EXIT } from "./cli-errors.ts";

const EXAMPLES = `Examples:
  # A table with the columns id and action; every other column becomes an attribute
  batch-audiences update vip_customers tonight.csv

  # Two lists of ids: add the first to the audience, remove the second from it, in this order
  batch-audiences update vip_customers --add new.csv --remove left.csv --id-column email --wait

  # A long run at night: leaves bad records out; the same command resumes it after an interruption
  batch-audiences update vip_customers all.ndjson.gz --skip-invalid --rejected bad.ndjson --checkpoint run.json`;

const CONNECTION = `Connection:
  --rate NUMBER          requests per second, 1 by default: the API counts all programs of a project together
  --base-url URL         whole base address, version included; https://api.batch.com/<version> by default
  --api-version VERSION  2.11 by default
  --mock                 send to a mock of the API on this machine: needs no keys and has no rate limit
                         (needs the package @stoplight/prism-cli)`;

const OUTPUT = `Output:
  --json                 the result as JSON
  --quiet                only errors on standard error, no progress and no notes
  --debug                errors with their stacks
  --help, --version`;

const KEYS = `The keys are read from the environment, BATCH_REST_KEY and BATCH_PROJECT_KEY. From a file:
  node --env-file=.env $(which batch-audiences) update vip_customers tonight.csv`;

const EXIT_CODES = `Exit codes: 0 all accepted, ${EXIT.undelivered} something not delivered or rejected, ${EXIT.usage} usage or configuration,
  ${EXIT.notApplied} accepted but not yet applied, ${EXIT.hungUp} terminal closed, ${EXIT.interrupted} interrupted, ${EXIT.terminated} terminated`;

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
  .csv, .tsv             a header, then one id in each row. Cells are text, unless the header says age:number or
                         vip:boolean; date(joined) and url(avatar) hold dates and addresses. An empty cell is no
                         attribute. The attributes of a removal are ignored.
  .ndjson, .jsonl        one action in each line: {"action":"add","id":"42","attributes":{"age":30}}
  Each may be gzipped.
  --format FORMAT        csv, tsv or ndjson, for files without such an extension and for standard input
  --id-column NAME       the column with the ids, id by default
  --action ACTION        add or remove, for files without actions
  --add FILE, --remove FILE
                         the same for one file; files are read in the order given

Sending:
  --dry-run              read and check everything, send nothing; needs no keys
  --skip-invalid         leave invalid records out; by default they end the run
  --isolate              when the API refuses a request, find the records that it refuses and deliver the others
  --wait                 wait until everything is applied
  --timeout SECONDS      how long to wait, 900 by default

Files written:
  --checkpoint FILE      how far the run is, deleted on success; the same command resumes from it
  --rejected FILE        the rejected records with the reasons, as NDJSON
  --undelivered FILE     the actions that were not delivered, as NDJSON that update takes again

${CONNECTION}

${OUTPUT}

${KEYS}

${EXIT_CODES}
`;

const WAIT = `Waits until accepted requests are applied, by the tokens in the result of update --json.

Usage:
  batch-audiences wait <audience> <token...> [options]

  --timeout SECONDS      how long to wait, 900 by default; then the exit code is ${EXIT.notApplied}

${CONNECTION}

${OUTPUT}

${KEYS}

${EXIT_CODES}
`;

const VIEW = `Shows the audience as the API returns it.

Usage:
  batch-audiences view <audience> [options]

${CONNECTION}

${OUTPUT}

${KEYS}

${EXIT_CODES}
`;

const HELP: Record<string, string> = { update: UPDATE, wait: WAIT, view: VIEW };

export function helpText(command: string | undefined): string {
  return (command !== undefined && Object.hasOwn(HELP, command) ? HELP[command] : undefined) ?? GENERAL;
}
