import { EXIT } from "./cli-errors.ts";
import type { CommandName } from "./command-options.ts";
import { setLines } from "./help-layout.ts";
import {
  COLUMNS,
  EXAMPLES,
  EXIT_CODES,
  FILES_WRITTEN,
  GENERAL_OPTIONS,
  help,
  KEYS,
  READING,
  SENDING,
  TABLES,
} from "./help-sections.ts";

const GENERAL = `Brings a Batch audience to the state that files of ids describe.

Usage:
  batch-audiences update <audience> [file...]    send the actions of files
  batch-audiences replace <audience> [file...]   make it exactly a list of ids
  batch-audiences mirror <audience> [file...]    the same, by what has changed
  batch-audiences wait <audience> <token...>     wait for accepted requests
  batch-audiences create <audience>              create the audience
  batch-audiences list                           show all audiences
  batch-audiences view <audience>                show the audience
  batch-audiences delete <audience>              delete it and all that is on it
  batch-audiences mock                           serve a mock of the API
  batch-audiences migrate --print-sql            print the SQL of the queue
  batch-audiences completion <shell>             script for bash, zsh or fish

${EXAMPLES}

Each command explains its options: batch-audiences update --help

${KEYS}

${EXIT_CODES}
`;

const UPDATE = help(
  "Sends the actions of files, one after the other, or of standard input (- or a pipe). Only the last action of each id counts.",
  "update <audience> [file...] [options]",
  EXAMPLES,
  `Files:
${TABLES} The attributes of a removal are ignored.
  .ndjson, .jsonl        one action in each line: {"action":"add","id":"42","attributes":{"age":30}}
${READING}
  --action ACTION        add or remove, for files without actions
  --add FILE, --remove FILE
                         the same for one file; files are read in the order given`,
  COLUMNS,
  SENDING,
  `${FILES_WRITTEN}
  --undelivered FILE     the actions that were not delivered, as NDJSON that update takes again`,
);

const REPLACE = help(
  `Makes the audience exactly the list in files, read one after the other, or in standard input (- or a pipe). Of several records with one id, the last counts.

The first 10,000 ids replace everything that is on the audience, the others are added to them: between the replacement and the last add, the audience holds only a part of the list.`,
  "replace <audience> [file...] [options]",
  `Files:
${TABLES} A column "action" is refused: every id is put on the audience.
  .ndjson, .jsonl        one id in each line: {"id":"42","attributes":{"age":30}}
${READING}
  --allow-empty          an input without ids empties the audience; by default it is refused`,
  COLUMNS,
  SENDING,
  `${FILES_WRITTEN}
  --undelivered FILE     the ids that were not delivered, as NDJSON: for update once the audience is replaced, else for
                         replace`,
);

const MIRROR = help(
  `Makes the audience exactly the list in files, or in standard input (- or a pipe), and sends only what changed since the
last run. The list is read to its end before the first request. Of several records with one id, the last counts.`,
  "mirror <audience> [file...] --state DIR [options]",
  `State:
  --state DIR            what the audience held after the last run; one folder for each audience of each project
  --first WHAT           what the audience holds before the first run, which needs it: empty, or replace, which makes the
                         first request replace everything
  --max-removed MAX      how many ids may be removed, a number or a share like 15%, the default; with more, nothing is
                         sent and the exit code is ${EXIT.guarded}
  --allow-empty          an input without ids empties the audience; by default it is refused
  --reassert             replace everything on the audience by the list, to repair what others have changed`,
  `Files:
${TABLES} A column "action" is refused: every id is put on the audience.
  .ndjson, .jsonl        one id in each line: {"id":"42","attributes":{"age":30}}
${READING}`,
  COLUMNS,
  `Sending:
  --dry-run, -n          show what would be sent and what would be refused; needs only BATCH_PROJECT_KEY
  --skip-invalid         leave invalid records out: their ids stay as they were; by default they end the run
  --isolate              when the API refuses a request, find the records that it refuses and deliver the others
  --rejected FILE        the rejected records with the reasons, as NDJSON
  --wait                 wait until everything is applied, and show how many ids the API counts
  --timeout SECONDS      how long to wait, 900 by default; then the exit code is ${EXIT.notApplied}
  --window NUMBER        how many ids are held in memory while they are sent`,
);

const WAIT = help(
  "Waits until accepted requests are applied, by the tokens in the result of update --json.",
  "wait <audience> <token...> [options]",
  `  --timeout SECONDS      how long to wait, 900 by default; then the exit code is ${EXIT.notApplied}`,
);

const CREATE = help(
  `Creates the audience, which update and replace need, and prints its indexing token. An audience of that name is an error.`,
  "create <audience> [options]",
  `  --type TYPE            the kind of ids that it holds, custom_ids by default
  --display-name NAME    what the dashboard shows in place of the name
  --wait                 wait until it is created
  --timeout SECONDS      how long to wait, 900 by default; then the exit code is ${EXIT.notApplied}`,
);

const LIST = help("Shows all audiences of the project, with --json as an array.", "list [options]");

const VIEW = help("Shows the audience as the API returns it.", "view <audience> [options]");

const DELETE = help(
  `Deletes the audience and everything on it. Campaigns that target it reach nobody. On a terminal, it asks for the name of the audience first.`,
  "delete <audience> [options]",
  "  --yes                  do not ask; needed where there is no terminal",
);

const MOCK = `Serves a mock of the API on this machine, for this program and any other, until Ctrl-C. Prints its address.
It takes any keys. What it accepts is first IN_PROGRESS, then APPLIED. What it holds ends with it.

Usage:
  batch-audiences mock [options]

  --port PORT            any that is free by default
  --rate NUMBER          allowed requests per second, no limit by default; what comes sooner is answered with 429
  --seed NUMBER          decides what is left to chance, such as tokens; 1 by default
${GENERAL_OPTIONS}
`;

const MIGRATE = `Prints the SQL that creates the queue on PostgreSQL, or brings it up to date,
for those who run migrations themselves. It may run again. Programs call
migrate(db) of batch-audiences/postgres.

Usage:
  batch-audiences migrate --print-sql [--schema NAME]

  --print-sql            needed: the command does nothing else
  --schema NAME          where the tables are, batch_audiences by default
${GENERAL_OPTIONS}
`;

const HELP: Record<CommandName, string> = {
  update: UPDATE,
  replace: REPLACE,
  mirror: MIRROR,
  wait: WAIT,
  create: CREATE,
  list: LIST,
  view: VIEW,
  delete: DELETE,
  mock: MOCK,
  migrate: MIGRATE,
};

export function helpText(command: string | undefined): string {
  const isKnown = command !== undefined && Object.hasOwn(HELP, command);
  return setLines(isKnown ? HELP[command as CommandName] : GENERAL);
}
