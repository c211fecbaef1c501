import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import type { Call, GenesysEvent, GenesysState } from '../genesys/create-genesys.ts';
import { isLive, isRinging, type Participation, whoIs } from '../genesys/organisation.ts';
import type { Delivery } from '../webhook-receiver/start-webhook-receiver.ts';
import type { Chapter } from './chapter.ts';
import type { LogEntry } from './log-entry.ts';
import { nameOf } from './name-of.ts';
import { eventOf, readAudit, tellDelivery, tellLogEntry, tellRelayed } from './tell.ts';
import { tellCall } from './tell-call.ts';

/** Everything that happened to one request, in order. */
export interface RequestStory {
  requestId: string;
  conversationId: string;
  correlationId: string;
  chapters: Chapter[];
  /** The result event as the audit queue has it. */
  event?: AuditEvent;
  deliveries: ToldDelivery[];
  isFinished: boolean;
}

export interface ToldDelivery {
  atMs: number;
  verified: boolean;
  problem?: string;
  /** Those that a receiver verifies. */
  headers: Record<string, string>;
  body: string;
}

export interface Storyboard {
  /** The newest last. */
  stories(): RequestStory[];
  hearLogEntry(entry: LogEntry): void;
  hearDelivery(delivery: Delivery): void;
  hearGenesys(event: GenesysEvent): void;
  /** Looks whether people who were rung have answered or left. To be called now and then. */
  look(nowMs: number): void;
}

export interface StoryboardOptions {
  onChapter?: (chapter: Chapter) => void;
  onStory?: (story: RequestStory) => void;
  /** Of the stand-in, where there is one. */
  genesys?: () => GenesysState | undefined;
  /** The receiver is external, so deliveries are read from the relay's log. */
  isReceiverForeign?: boolean;
  /** The oldest story is forgotten beyond this many. Default 100. */
  keep?: number;
}

interface Ringing {
  story: RequestStory | undefined;
  conversationId: string;
  stay: Participation;
}

const SIGNATURE_HEADERS = /^(webhook-|content-type$|user-agent$)/;

/** Puts together, request by request, what functions, stand-in and receiver tell one by one. */
export function createStoryboard(options: StoryboardOptions): Storyboard {
  const keep = options.keep ?? 100;
  const stories = new Map<string, RequestStory>();
  const ringing = new Set<Ringing>();
  /** Of requests that came by the queue: they have no name yet. By conversation. */
  const unclaimed = new Map<string, Chapter[]>();

  function storyOf({ requestId, conversationId, correlationId }: Chapter) {
    if (requestId === undefined) return undefined;
    const known = stories.get(requestId);
    if (known) return known;
    const created: RequestStory = {
      requestId,
      conversationId: conversationId ?? '',
      correlationId: correlationId ?? '',
      chapters: unclaimed.get(conversationId ?? '') ?? [],
      deliveries: [],
      isFinished: false,
    };
    unclaimed.delete(conversationId ?? '');
    stories.set(requestId, created);
    const [oldest] = stories.keys();
    if (stories.size > keep && oldest !== undefined) stories.delete(oldest);
    return created;
  }

  function add(chapter: Chapter, change: (story: RequestStory) => void = () => {}): void {
    // A refusal belongs to no request: nothing was accepted under its id.
    const story = chapter.what === 'refused' ? undefined : storyOf(chapter);
    options.onChapter?.(chapter);
    if (!story) return;
    // Log lines of two processes may arrive in another order than they were written.
    const index = story.chapters.findLastIndex(({ atMs }) => atMs <= chapter.atMs);
    story.chapters.splice(index + 1, 0, chapter);
    change(story);
    options.onStory?.(story);
  }

  /** The request that a call of the adder was made for: one of a conversation runs at a time. */
  function addOf(conversationId: string, chapter: Chapter): void {
    const story = runningIn(conversationId);
    if (story) {
      add({ ...chapter, requestId: story.requestId, correlationId: story.correlationId });
      return;
    }
    unclaimed.set(conversationId, [...(unclaimed.get(conversationId) ?? []), chapter]);
    options.onChapter?.(chapter);
  }

  const runningIn = (conversationId: string) =>
    [...stories.values()].find(
      (story) => !story.isFinished && story.conversationId === conversationId,
    );

  return {
    stories: () => [...stories.values()],
    hearLogEntry(entry) {
      const chapter =
        tellLogEntry(entry) ?? (options.isReceiverForeign ? tellRelayed(entry) : undefined);
      const event = eventOf(entry);
      if (!chapter) return;
      add(chapter, (story) => {
        if (!event) return;
        story.event = event;
        story.isFinished = true;
      });
    },
    hearDelivery(delivery) {
      add(tellDelivery(delivery), (story) => {
        story.deliveries.push({
          atMs: delivery.receivedAtMs,
          verified: delivery.verified,
          ...(delivery.problem === undefined ? {} : { problem: delivery.problem }),
          headers: Object.fromEntries(
            Object.entries(delivery.headers)
              .filter(([name]) => SIGNATURE_HEADERS.test(name))
              .map(([name, value]) => [name, String(value)]),
          ),
          body: delivery.body,
        });
        if (readAudit(delivery)) story.isFinished = true;
      });
    },
    hearGenesys(event) {
      if (event.kind === 'ring') {
        const { conversationId, who, atMs, wasInAlready } = event.ring;
        const stay = options
          .genesys?.()
          ?.organisation.conversation(conversationId)
          ?.participations.findLast((one) => whoIs(one) === who);
        if (stay) ringing.add({ story: runningIn(conversationId), conversationId, stay });
        addOf(conversationId, {
          atMs,
          what: wasInAlready ? 'ERROR' : 'rang',
          text: wasInAlready ? `${nameOf(who)} was rung while in already` : nameOf(who),
          conversationId,
        });
        return;
      }
      const told = event.kind === 'response' ? tellCall(event.call) : undefined;
      const conversationId = conversationOf(event.call);
      if (told && conversationId) addOf(conversationId, { ...told, conversationId });
    },
    look(nowMs) {
      for (const one of ringing) {
        const { stay, story, conversationId } = one;
        const hasLeft = !isLive(stay, nowMs);
        if (!hasLeft && isRinging(stay, nowMs)) continue;
        ringing.delete(one);
        add({
          atMs: nowMs,
          what: hasLeft ? 'left' : 'answered',
          text: `${nameOf(whoIs(stay))}${hasLeft ? ' did not take the call' : ''}`,
          conversationId,
          ...(story ? { requestId: story.requestId, correlationId: story.correlationId } : {}),
        });
      }
    },
  };
}

function conversationOf({ path }: Call): string | undefined {
  return /^\/api\/v2\/conversations\/(?:calls\/)?([^/]+)/.exec(path)?.[1];
}
