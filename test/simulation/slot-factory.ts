import { FunctionSlot, type LambdaContext, type SlotOptions } from './function-slot.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

/** Creates a slot of a function. `name` gets the number of its process, which counts from 1. */
export type CreateSlot = <Event, Response>(
  name: (generation: number) => string,
  timeoutMs: number,
  load: SlotOptions<(event: Event, context: LambdaContext) => Promise<Response>>['load'],
) => FunctionSlot<Event, Response>;

/** Slots whose processes have the clocks and the cold starts of the plan. */
export function slotFactory(world: World): CreateSlot {
  const { plan, time, random } = world;
  let processes = 0;
  function newProcess(name: string): SimulatedProcess {
    processes += 1;
    const skewMs = plan.skewsMs[processes % plan.skewsMs.length] ?? 0;
    return new SimulatedProcess({ world, name, skewMs });
  }
  return (name, timeoutMs, load) => {
    let generation = 0;
    return new FunctionSlot({
      time,
      random,
      coldStarts: () => world.weather.coldStarts,
      newProcess: () => newProcess(name(++generation)),
      load,
      timeoutMs,
    });
  };
}
