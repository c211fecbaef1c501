import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { checkAccepted, checkDelivered, checkFinished } from './check-success.ts';
import { createRecordedEvents } from './create-recorded-events.ts';
import { freeUsers, httpEvent, openConversation, requestMessage, sqsEvent } from './events.ts';
import type { Figure, Row } from './figure.ts';
import {
  baselineFunction,
  type FunctionModule,
  type FunctionName,
  packagedFunction,
} from './function-modules.ts';
import { startFunction } from './start-function.ts';
import { type Servers, startServers } from './start-servers.ts';

interface Contender {
  /** The function, or the one that it is a baseline for. */
  of: FunctionName;
  what: string;
  module: FunctionModule;
  goal?: number;
  samples: ColdStart[];
}

interface ColdStart {
  wallMs: number;
  /** User and system time: `wallMs` on an idle machine, without waiting. */
  cpuMs: number;
}

const USERS = freeUsers(3);
const EMPTY = 'an empty handler';

/** Callers wait for intake only. The cold start of the others is reported without a goal. */
const INTAKE_GOAL = 1.5;

const child = fileURLToPath(new URL('./cold-start-child.mjs', import.meta.url));

/** A fresh process loads the function and handles its first event completely. */
export const coldStart: Figure = {
  name: 'cold-start',
  title: 'Cold start: a fresh process loads the function and handles its first event',
  async measure({ repetitions, onProgress }) {
    const servers = await startServers();
    try {
      const contenders = await prepare();
      await storeToken(servers);
      for (let repetition = 0; repetition < repetitions; repetition++) {
        onProgress(`${repetition + 1} of ${repetitions}`);
        // In turns, so that other load on the machine affects all alike.
        for (const contender of contenders) {
          contender.samples.push(await startOnce(servers, contender));
        }
      }
      return toRows(contenders);
    } finally {
      await servers.stop();
    }
  },
};

async function prepare(): Promise<Contender[]> {
  const ours = async (of: FunctionName) => contender(of, 'ours', packagedFunction(of));
  const empty = baselineFunction('empty');
  return Promise.all([
    ours('intake'),
    contender('intake', EMPTY, empty),
    contender(
      'intake',
      'hand-signed requests',
      baselineFunction('hand-signed-intake'),
      INTAKE_GOAL,
    ),
    contender('intake', 'written carelessly', baselineFunction('careless-intake')),
    ours('adder'),
    contender('adder', EMPTY, empty),
    contender('adder', 'written carelessly', baselineFunction('reference-adder')),
    contender('adder', "on the vendor's SDK", baselineFunction('vendor-sdk-adder')),
    ours('relay'),
    contender('relay', EMPTY, empty),
    contender('relay', 'hand-signed requests', baselineFunction('hand-signed-relay')),
    contender('relay', 'written carelessly', baselineFunction('careless-relay')),
  ]);
}

async function contender(
  of: FunctionName,
  what: string,
  module: Promise<FunctionModule>,
  goal?: number,
): Promise<Contender> {
  return { of, what, module: await module, samples: [], ...(goal === undefined ? {} : { goal }) };
}

/** Stores a token, as another instance has done before all but one start in a day. */
async function storeToken(servers: Servers): Promise<void> {
  const adder = await startFunction(await packagedFunction('adder'), servers.environment);
  await adder.call((await eventFor(servers, 'adder')).event);
  await adder.stop();
}

interface FirstEvent {
  event: object;
  /** The people who are in the conversation after an add. */
  peopleIn: () => number;
}

async function eventFor(servers: Servers, name: FunctionName): Promise<FirstEvent> {
  const { organisation } = servers.genesys.state;
  const conversationId = openConversation(organisation, 'platform');
  const peopleIn = () => organisation.peopleIn(conversationId, Date.now()).length;
  if (name === 'relay') {
    return { event: sqsEvent(await createRecordedEvents(servers, USERS, 1)), peopleIn };
  }
  if (name === 'intake') return { event: httpEvent(conversationId, USERS), peopleIn };
  return { event: sqsEvent([requestMessage(conversationId, USERS)]), peopleIn };
}

/** @throws Error if the function did not do what it is for */
async function startOnce(servers: Servers, contender: Contender): Promise<ColdStart> {
  const { of, what, module } = contender;
  const first = await eventFor(servers, of);
  const start = () => runChild(servers, contender, first.event);
  if (what === EMPTY) return start();
  if (of === 'relay') {
    return checkDelivered(servers, 1, 'verified', async () => {
      const started = await start();
      checkFinished([started.response]);
      return started;
    });
  }
  const started = await start();
  if (of === 'intake') checkAccepted([started.response]);
  else if (first.peopleIn() !== 2 + USERS.length) {
    throw new Error(`${of}, ${what} (${module.path}), did not add everyone`);
  }
  return started;
}

async function runChild(
  servers: Servers,
  { of, what, module }: Contender,
  event: object,
): Promise<ColdStart & { response: unknown }> {
  const eventFile = join(dirname(module.path), 'event.json');
  await writeFile(eventFile, JSON.stringify(event));
  const started = spawn(process.execPath, [child, module.path, eventFile], {
    env: servers.environment,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [, log, errorLog, report] = started.stdio as Readable[];
  if (!log || !errorLog || !report) throw new Error('a pipe is missing');
  // Read, as Lambda reads it, so that the function never waits for its log.
  log.resume();
  const [times, errors] = await Promise.all([text(report), text(errorLog)]);
  if (times === '') throw new Error(`${of}, ${what}, did not start: ${errors}`);
  return JSON.parse(times);
}

function toRows(contenders: readonly Contender[]): Row[] {
  const baselines = contenders.filter(({ what }) => what !== 'ours');
  const pairs = baselines.flatMap((baseline) => {
    const ours = contenders.find(({ of, what }) => of === baseline.of && what === 'ours');
    return ours ? [{ ours, baseline }] : [];
  });
  const compare = (which: keyof ColdStart, unit: string) =>
    pairs.map(
      ({ ours, baseline }): Row => ({
        what: ours.of,
        unit,
        ours: ours.samples.map((sample) => sample[which]),
        baseline: {
          what: baseline.what,
          samples: baseline.samples.map((sample) => sample[which]),
        },
        ...(baseline.goal === undefined ? {} : { goal: { ratio: baseline.goal, is: 'at most' } }),
      }),
    );
  return [
    ...compare('wallMs', 'ms'),
    ...compare('cpuMs', 'ms CPU'),
    ...pairs
      .filter(({ baseline }) => /carelessly|vendor/.test(baseline.what))
      .map(
        ({ ours, baseline }): Row => ({
          what: `${ours.of}: bundle`,
          unit: 'KB',
          ours: [ours.module.bytes / 1000],
          baseline: { what: baseline.what, samples: [baseline.module.bytes / 1000] },
        }),
      ),
  ];
}
