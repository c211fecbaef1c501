import { type CallWindow, EMPTY_WINDOW } from '../../domain/call-window.ts';
import { type CallWindowItem, withUpdate } from '../../domain/window-update.ts';

/** The window in memory: for one process that shares with no other, and for tests. */
export function createMemoryCallWindow(): CallWindowItem {
  let held: CallWindow = EMPTY_WINDOW;
  return {
    read: async () => held,
    async update(update) {
      const next = withUpdate(held, update);
      held = next ?? held;
      return { isMade: next !== undefined, window: held };
    },
    async replace(seconds) {
      held = { ...EMPTY_WINDOW, seconds: [...seconds] };
    },
  };
}
