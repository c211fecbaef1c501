import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { readSettings } from '../local/system/read-settings.ts';
import { type LocalSystem, startSystem } from '../local/system/start-system.ts';
import { httpEvent } from './events.ts';
import type { Figure, Row } from './figure.ts';
import { FLOOD_SCENES, GOALS, OTHERS_REQUESTS, type Scene } from './flood-scenes.ts';
import {
  type CallerRequest,
  describeWaits,
  LONGEST_WAIT_MS,
  type MeasuredSystem,
  measureOthers,
  postFlood,
  WINDOW_MS,
} from './measure-waits.ts';

/**
 * How long one caller's requests take, from the POST to the verified webhook, while another caller
 * floods the service. On the system of `npm start`, with the template's concurrency and rate.
 */
export const fairness: Figure = {
  name: 'fairness',
  title: 'Waits of 20 requests beside the flood of another caller',
  async measure({ onProgress }) {
    const deliveries = new Map<string, () => void>();
    const system = await startSystem({
      settings: readSettings({ PORT: '0', LOCAL_FOLDER: '.local/bench/fairness' }),
      environment: { ...process.env, WATCH_CONNECTIONS: 'false' },
      onDelivery: ({ verified, body }) => {
        const correlationId = JSON.parse(body).audit?.correlation_id;
        if (verified) deliveries.get(correlationId)?.();
      },
    });
    try {
      const { genesys } = system;
      if (!genesys) throw new Error('the stand-in is not used');
      const measured: MeasuredSystem = {
        genesys,
        deliveries,
        post: (request) => postRequest(system, request),
      };
      onProgress('warming up');
      await measureOthers(measured, OTHERS_REQUESTS);
      onProgress('baseline');
      await delay(WINDOW_MS);
      const alone = await measureOthers(measured, OTHERS_REQUESTS);
      onProgress(`waits ${describeWaits(alone)}`);
      const rows: Row[] = [];
      for (const scene of FLOOD_SCENES) {
        await delay(WINDOW_MS);
        onProgress(`${scene.what}, load average ${loadavg()[0]?.toFixed(1)}`);
        rows.push(...(await runScene(scene)));
      }
      return rows;

      async function runScene({
        what,
        flood,
        others = OTHERS_REQUESTS,
        goals = GOALS,
        isLast = false,
      }: Scene): Promise<Row[]> {
        const { state } = measured.genesys;
        const callsBefore = state.calls.length;
        await postFlood(measured, flood(measured.genesys));
        const waits = await measureOthers(measured, others);
        onProgress(`${state.calls.length - callsBefore} calls, waits ${describeWaits(waits)}`);
        // Wait for the rest of this flood before the next one.
        if (!isLast) await waitUntilIdle(system);
        state.faults.length = 0;
        return [
          {
            what: `${what}: median`,
            unit: 's',
            ours: waits,
            baseline: { what: 'alone', samples: alone },
            goal: { ratio: goals.median, is: 'at most' },
          },
          {
            what: `${what}: maximum`,
            unit: 's',
            ours: [Math.max(...waits)],
            baseline: { what: 'alone', samples: [Math.max(...alone)] },
            ...(goals.maximum === undefined
              ? {}
              : { goal: { ratio: goals.maximum, is: 'at most' } }),
          },
        ];
      }
    } finally {
      await system.stop();
    }
  },
};

async function postRequest(
  { endpoints }: LocalSystem,
  { caller, correlationId, conversationId, userId, deadlineSeconds }: CallerRequest,
): Promise<{ status: number; text: string }> {
  const { participants } = JSON.parse(httpEvent(conversationId, [userId]).body);
  const url = `${endpoints.apiUrl}/conversations/${conversationId}/participants`;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-correlation-id': correlationId,
      'idempotency-key': correlationId,
      authorization: `Bearer ${unsignedToken(caller)}`,
    },
    body: JSON.stringify({ participants, deadlineSeconds }),
  });
  return { status: response.status, text: await response.text() };
}

/** The local API Gateway takes the caller from a token without verifying it. */
function unsignedToken(subject: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ sub: subject, iss: 'bench' })}.`;
}

async function waitUntilIdle(system: LocalSystem): Promise<void> {
  const endMs = performance.now() + LONGEST_WAIT_MS;
  while (!system.isIdle() && performance.now() < endMs) await delay(500);
}
