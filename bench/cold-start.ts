import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import {
  auditEvent,
  freeUsers,
  httpEvent,
  openConversation,
  requestMessage,
  sqsEvent,
} from './events.ts';
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
  /** What it is a baseline for, or ours. */
  of: FunctionName;
  what: string;
  module: FunctionModule;
  goal?: number;
  samples: ColdStart[];
}

interface ColdStart {
  wallMs: number;
  /** User and system time: what the wall clock would show on a machine with nothing else to do. */
  cpuMs: number;
}

/** Callers wait for intake only: of the others the cold start is reported, without a goal. */
const INTAKE_GOAL = 1.5;

const child = fileURLToPath(new URL('./cold-start-child.mjs', import.meta.url));

/** A fresh process: loading the function, and its first call, which does what it is there for. */
export const coldStart: Figure = {
  name: 'cold-start',
  title: 'Cold start: a fresh process loads the function and answers its first event',
  async measure({ repetitions, onProgress }) {
    const servers = await startServers();
    try {
      const contenders = await prepare();
      await storeToken(servers);
      for (let repetition = 0; repetition < repetitions; repetition++) {
        onProgress(`${repetition + 1} of ${repetitions}`);
        // One after the other in each round, so that what else the machine does meets all alike.
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
    contender('intake', 'an empty handler', empty),
    contender('intake', 'hand-signed request', baselineFunction('hand-signed-intake'), INTAKE_GOAL),
    contender('intake', 'written carelessly', baselineFunction('careless-intake')),
    ours('adder'),
    contender('adder', 'an empty handler', empty),
    contender('adder', 'written carelessly', baselineFunction('reference-adder')),
    contender('adder', "on the vendor's SDK", baselineFunction('vendor-sdk-adder')),
    ours('relay'),
    contender('relay', 'an empty handler', empty),
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

/** As it is for all but one start in a day: another instance has the token stored already. */
async function storeToken(servers: Servers): Promise<void> {
  const adder = await startFunction(await packagedFunction('adder'), servers.environment);
  await adder.call(eventFor(servers, 'adder'));
  await adder.stop();
}

function eventFor({ genesys }: Servers, name: FunctionName): object {
  const users = freeUsers(3);
  if (name === 'relay') return sqsEvent([auditEvent(users)]);
  const conversationId = openConversation(genesys.state.organisation, 'platform');
  if (name === 'intake') return httpEvent(conversationId, users);
  return sqsEvent([requestMessage(conversationId, users)]);
}

async function startOnce(servers: Servers, { of, what, module }: Contender): Promise<ColdStart> {
  const eventFile = join(dirname(module.path), 'event.json');
  await writeFile(eventFile, JSON.stringify(eventFor(servers, of)));
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
  return JSON.parse(times) as ColdStart;
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
