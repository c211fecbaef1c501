import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { sumOf } from '../domain/call-window.ts';
import type { WindowUpdate } from '../domain/window-update.ts';
import {
  instanceName,
  PLATFORM,
  STOP,
  secondName,
  TOTAL,
  useName,
  waitingName,
} from './from-window-item.ts';
import { toItem } from './item.ts';

/** An instance that has not written for this long has probably ended. If not, it writes its attribute again. */
const INSTANCE_LIFE_MS = 600_000;
/** Removed together at most. An expression may have 4 KB. */
const MOST_ENDED_INSTANCES = 50;

export type UpdateExpression = Pick<
  UpdateItemCommandInput,
  | 'UpdateExpression'
  | 'ConditionExpression'
  | 'ExpressionAttributeNames'
  | 'ExpressionAttributeValues'
>;

/** Who writes, and what it knows of other instances. */
export interface Writer {
  instance: string;
  /** Greater than the number of its last update. In milliseconds since the epoch, at least. */
  number: number;
  /** The numbers of the last updates of all instances. */
  instances: ReadonlyMap<string, number>;
  /** Seconds since the epoch. */
  expiresAt: number;
}

/** An update of the window as DynamoDB's UpdateItem takes it. */
export function toUpdateExpression(update: WindowUpdate, writer: Writer): UpdateExpression {
  const expression = new Expression();
  const { seconds, dropped, callers, droppedCallers, platform } = update;
  const own = instanceName(writer.instance);
  expression.set(own, writer.number);
  expression.set('expiresAt', writer.expiresAt);
  expression.require(
    `(attribute_not_exists(${expression.name(own)}) OR ${expression.name(own)} < ${expression.value(writer.number)})`,
  );
  addSeconds(expression, update);
  for (const [id, { used, droppedMinutes, waiting }] of Object.entries(callers)) {
    for (const [minute, calls] of used) expression.add(useName(minute, id), calls);
    for (const minute of droppedMinutes) expression.remove(useName(minute, id));
    if (waiting) expression.set(waitingName(id), waiting);
  }
  for (const [id, minutes] of droppedCallers) {
    expression.remove(waitingName(id));
    for (const minute of minutes) expression.remove(useName(minute, id));
  }
  if (platform) expression.set(PLATFORM, platform);
  if (update.stop) changeStop(expression, update.stop);
  if (dropped.length > 0) removeEnded(expression, writer);
  if (seconds.length + dropped.length > 0) {
    expression.add(TOTAL, sumOf(seconds) - sumOf(dropped));
  }
  return expression.toInput();
}

function addSeconds(expression: Expression, { seconds, dropped, mostCalls }: WindowUpdate): void {
  for (const [second, calls] of seconds) {
    const name = secondName(second);
    expression.add(name, calls);
    if (calls < 0) expression.require(`${expression.name(name)} >= ${expression.value(-calls)}`);
  }
  for (const [second, calls] of dropped) {
    const name = secondName(second);
    expression.remove(name);
    expression.require(`${expression.name(name)} = ${expression.value(calls)}`);
  }
  if (mostCalls === undefined) return;
  const total = expression.name(TOTAL);
  const most = expression.value(mostCalls - sumOf(seconds) + sumOf(dropped));
  expression.require(`(attribute_not_exists(${total}) OR ${total} <= ${most})`);
}

function changeStop(
  expression: Expression,
  { before, after }: NonNullable<WindowUpdate['stop']>,
): void {
  const stop = expression.name(STOP);
  if (before) {
    const [untilMs, probing] = [expression.name('untilMs'), expression.name('probing')];
    expression.require(`${stop}.${untilMs} = ${expression.value(before.untilMs)}`);
    expression.require(`${stop}.${probing} = ${expression.value(before.probing)}`);
  } else {
    expression.require(`attribute_not_exists(${stop})`);
  }
  if (after) expression.set(STOP, after);
  else if (before) expression.remove(STOP);
}

function removeEnded(expression: Expression, { instance, number, instances }: Writer): void {
  const ended = [...instances].filter(
    ([other, lastNumber]) => other !== instance && number - lastNumber > INSTANCE_LIFE_MS,
  );
  for (const [other] of ended.slice(0, MOST_ENDED_INSTANCES)) {
    expression.remove(instanceName(other));
  }
}

/** Collects actions, conditions, names and values. */
class Expression {
  readonly #names = new Map<string, string>();
  readonly #values: unknown[] = [];
  readonly #actions = { SET: [] as string[], ADD: [] as string[], REMOVE: [] as string[] };
  readonly #conditions: string[] = [];

  name(attribute: string): string {
    const known = this.#names.get(attribute) ?? `#n${this.#names.size}`;
    this.#names.set(attribute, known);
    return known;
  }

  value(value: unknown): string {
    this.#values.push(value);
    return `:v${this.#values.length - 1}`;
  }

  set(attribute: string, value: unknown): void {
    this.#actions.SET.push(`${this.name(attribute)} = ${this.value(value)}`);
  }

  add(attribute: string, calls: number): void {
    this.#actions.ADD.push(`${this.name(attribute)} ${this.value(calls)}`);
  }

  remove(attribute: string): void {
    this.#actions.REMOVE.push(this.name(attribute));
  }

  require(condition: string): void {
    this.#conditions.push(condition);
  }

  toInput(): UpdateExpression {
    const actions = Object.entries(this.#actions).filter(([, parts]) => parts.length > 0);
    const values = Object.fromEntries(this.#values.map((value, index) => [`:v${index}`, value]));
    return {
      UpdateExpression: actions.map(([verb, parts]) => `${verb} ${parts.join(', ')}`).join(' '),
      ConditionExpression: this.#conditions.join(' AND '),
      ExpressionAttributeNames: Object.fromEntries(
        [...this.#names].map(([attribute, name]) => [name, attribute]),
      ),
      ExpressionAttributeValues: toItem(values),
    };
  }
}
