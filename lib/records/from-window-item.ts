import * as z from 'zod/mini';
import {
  type CallerUse,
  type CallWindow,
  type Counted,
  newCaller,
  platformWindow,
  stop,
  sumOf,
} from '../domain/call-window.ts';
import { fromItem, type Item, toItem } from './item.ts';

/*
 * Every counter is an attribute of its own, so that updates can add to it:
 *   total              calls of all seconds in the item
 *   s:SECOND           calls of a second
 *   u:MINUTE:CALLER    calls of a caller in a calendar minute
 *   w:CALLER           since when and until when the caller waits
 *   i:INSTANCE         number of the instance's last update
 *   platform, stop     as in the window
 */
export const TOTAL = 'total';
export const PLATFORM = 'platform';
export const STOP = 'stop';
export const secondName = (second: number) => `s:${second}`;
export const useName = (minute: number, callerId: string) => `u:${minute}:${callerId}`;
export const waitingName = (callerId: string) => `w:${callerId}`;
export const instanceName = (instance: string) => `i:${instance}`;

const waiting = z.object({ waitingSinceMs: z.number(), waitingUntilMs: z.number() });
const rest = z.object({
  [TOTAL]: z._default(z.number(), 0),
  [PLATFORM]: z.optional(platformWindow),
  [STOP]: z.optional(stop),
});

interface Found {
  window: CallWindow;
  /** The numbers of the instances' last updates. */
  instances: Map<string, number>;
}

/** @returns the window of an item; `unreadable` if another format, or not the sum of its seconds */
export function fromWindowItem(item: Item): Found | 'unreadable' {
  try {
    const values = fromItem(item);
    // An earlier format: one JSON document.
    if ('document' in values) return 'unreadable';
    const { total, platform, stop: stopped } = rest.parse(values);
    const { seconds, callers, instances } = readCounters(values);
    if (total !== sumOf(seconds)) return 'unreadable';
    const window: CallWindow = {
      seconds,
      callers,
      ...(platform ? { platform } : {}),
      ...(stopped ? { stop: stopped } : {}),
    };
    return { window, instances };
  } catch {
    return 'unreadable';
  }
}

/** @throws z.core.$ZodError for an attribute of the wrong type */
function readCounters(values: Record<string, unknown>) {
  const seconds: Counted[] = [];
  const callers = new Map<string, CallerUse>();
  const instances = new Map<string, number>();
  const callerOf = (id: string): CallerUse => {
    const use = callers.get(id) ?? newCaller();
    callers.set(id, use);
    return use;
  };
  for (const [name, value] of Object.entries(values)) {
    const [kind, first = '', ...others] = name.split(':');
    if (kind === 's') seconds.push([Number(first), z.parse(z.number(), value)]);
    if (kind === 'i') instances.set(first, z.parse(z.number(), value));
    if (kind === 'w') {
      Object.assign(callerOf([first, ...others].join(':')), z.parse(waiting, value));
    }
    if (kind === 'u') {
      // Calls that are returned after their minute was removed make it negative.
      const calls = Math.max(0, z.parse(z.number(), value));
      callerOf(others.join(':')).used.push([Number(first), calls]);
    }
  }
  const inOrder = ([a]: Counted, [b]: Counted) => a - b;
  for (const { used } of callers.values()) used.sort(inOrder);
  return { seconds: seconds.sort(inOrder), callers: Object.fromEntries(callers), instances };
}

/** The attributes of a window that has only these calls. */
export function toWindowItem(seconds: readonly Counted[]): Item {
  const counters = seconds.map(([second, calls]) => [secondName(second), calls]);
  return toItem({ [TOTAL]: sumOf(seconds), ...Object.fromEntries(counters) });
}
