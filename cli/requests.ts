import { type RequestResource, toRequestResource } from '../lib/domain/request-resource.ts';
import { createWaitForResult } from '../lib/records/wait-for-result.ts';
import { systemClock } from '../lib/system-clock.ts';
import { UserError } from '../lib/user-error.ts';
import { parseOptions, STAGE_OPTIONS } from './parse-options.ts';
import { prepareStage } from './prepare-stage.ts';
import { type OpenRequests, openRequests } from './requests/open-requests.ts';
import { renderRequest, renderRequests } from './requests/render-requests.ts';

const USAGE = `npm run requests -- COMMAND ID [options]

  list CONVERSATION_ID   the requests of a conversation, newest first
  show REQUEST_ID        everything about one request
  watch REQUEST_ID       wait until the request is final, then show it
  cancel REQUEST_ID      cancel it, if no one has been rung

  --stage NAME     a deployed stage; needs AWS credentials that may read its table
  --region NAME    default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1
  --profile NAME   an AWS profile; default: AWS_PROFILE
  --limit N        list: maximum number (default 20)
  --seconds N      watch: maximum wait (default 600)

Without --stage the requests are those of the system that npm start runs on this machine.
`;

const COMMANDS = ['list', 'show', 'watch', 'cancel'] as const;
type Command = (typeof COMMANDS)[number];

/**
 * `npm run requests`: shows and cancels requests, from their records.
 * @returns the exit code: 0 done, 1 not found, not final in time, or too late to cancel
 * @throws UserError
 */
export async function main(args: string[]): Promise<number> {
  const { command, id, options } = readArguments(args);
  if (command === undefined || id === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  const region = await prepareStage(options);
  const requests = await openRequests({ stage: options.stage, region, environment: process.env });
  try {
    if (command === 'list') return await list(requests, id, options.limit);
    const record = await requests.records.get(id.toLowerCase());
    if (!record) {
      say(`There is no request ${id} in ${requests.where}.`);
      return 1;
    }
    if (command === 'cancel') return await cancel(requests, record);
    if (command === 'show') return show(toRequestResource(record));
    const wait = createWaitForResult({
      records: requests.records,
      slots: { acquire: async () => async () => {} },
      clock: systemClock,
    });
    const latest = toRequestResource((await wait(record, { seconds: options.seconds })).record);
    show(latest);
    return latest.finishedAt === undefined ? 1 : 0;
  } finally {
    requests.close();
  }
}

const say = (line: string) => process.stdout.write(`${line}\n`);

function show(request: RequestResource): number {
  say(renderRequest(request));
  return 0;
}

async function list(requests: OpenRequests, conversationId: string, limit: number) {
  const page = await requests.records.listByConversation(conversationId.toLowerCase(), { limit });
  say(renderRequests(page.records.map(toRequestResource), requests.where));
  return 0;
}

async function cancel(
  { cancelRequest }: OpenRequests,
  record: Parameters<OpenRequests['cancelRequest']>[0],
): Promise<number> {
  try {
    return show(toRequestResource(await cancelRequest(record)));
  } catch (error) {
    if ((error as { kind?: unknown }).kind !== 'too-late') throw error;
    say(`Too late: ${(error as Error).message}`);
    return 1;
  }
}

function readArguments(args: string[]) {
  const { values, positionals } = parseOptions(
    args,
    { ...STAGE_OPTIONS, limit: { type: 'string' }, seconds: { type: 'string' } },
    USAGE,
  );
  const [command, id] = positionals;
  const options = {
    stage: values.stage,
    region: values.region,
    profile: values.profile,
    limit: wholeNumber('--limit', values.limit, 20, 100),
    seconds: wholeNumber('--seconds', values.seconds, 600, 86_400),
  };
  if (values.help || command === undefined || command === 'help') {
    return { command: undefined, id: undefined, options };
  }
  if (!(COMMANDS as readonly string[]).includes(command)) {
    throw new UserError(`There is no command ${command}.\n\n${USAGE}`);
  }
  if (id === undefined) throw new UserError(`${command} needs an id.\n\n${USAGE}`);
  return { command: command as Command, id, options };
}

function wholeNumber(name: string, text: string | undefined, byDefault: number, max: number) {
  if (text === undefined) return byDefault;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= max) return number;
  throw new UserError(`${name} must be a whole number from 1 to ${max}, not ${text}.`);
}
