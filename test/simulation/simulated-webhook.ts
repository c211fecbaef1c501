import { createHmac } from 'node:crypto';
import { SIGNING_BYTES } from './simulated-aws.ts';
import type { Serve } from './simulated-process.ts';
import { STARTED_AT_MS, type World } from './world.ts';

export interface SimulatedDelivery {
  eventId: string;
  body: string;
  isSigned: boolean;
  /** The receiver has it, whether or not the relay learns of that. */
  isTaken: boolean;
}

/** A receiver of webhooks that checks signatures, and that fails while the weather is bad. */
export function createWebhook(world: World): { serve: Serve; deliveries: SimulatedDelivery[] } {
  const { plan, random, time } = world;
  const deliveries: SimulatedDelivery[] = [];
  const serve: Serve = ({ headers, body }) => {
    const eventId = headers['webhook-id'] ?? '';
    const signed = `${eventId}.${headers['webhook-timestamp']}.${body}`;
    const signature = createHmac('sha256', SIGNING_BYTES).update(signed).digest('base64');
    const isCloudy = time.nowMs < STARTED_AT_MS + plan.clearsUpAtMs;
    const fails = world.isOut(plan.outages.webhook) || random() < plan.webhookFailures;
    const responses =
      isCloudy && fails ? [500, 503, 429, 302, 'reset', 'hang', 'lost'] : [200, 204];
    const how = responses[Math.floor(random() * responses.length)];
    deliveries.push({
      eventId,
      body,
      isSigned: headers['webhook-signature'] === `v1,${signature}`,
      isTaken: how === 'lost' || how === 200 || how === 204,
    });
    world.texts.push(body);
    const response = { status: Number(how) || 0, headers: {}, body: '' };
    const kind = how === 'hang' ? 'hang' : typeof how === 'string' ? 'reset' : 'response';
    return { waitMs: 0, carryOut: () => ({ kind, delayMs: 0, response }) };
  };
  return { serve, deliveries };
}
