/** A priority queue: the smallest item comes out first. */
export interface BinaryHeap<Item> {
  push(item: Item): void;
  /** The smallest item, which stays. */
  peek(): Item | undefined;
  /** Removes the smallest item. */
  pop(): Item | undefined;
}

/** @param isBefore whether the first item comes out before the second */
export function createBinaryHeap<Item>(
  isBefore: (one: Item, other: Item) => boolean,
): BinaryHeap<Item> {
  const items: Item[] = [];
  const at = (index: number) => items[index] as Item;

  function swap(one: number, other: number): void {
    [items[one], items[other]] = [at(other), at(one)];
  }

  function rise(from: number): void {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!isBefore(at(index), at(parent))) return;
      swap(index, parent);
      index = parent;
    }
  }

  function sink(): void {
    for (let index = 0; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      if (left >= items.length) return;
      const child = right < items.length && isBefore(at(right), at(left)) ? right : left;
      if (!isBefore(at(child), at(index))) return;
      swap(child, index);
      index = child;
    }
  }

  return {
    push(item) {
      items.push(item);
      rise(items.length - 1);
    },
    peek: () => items[0],
    pop() {
      const [first] = items;
      const last = items.pop();
      if (items.length > 0) {
        items[0] = last as Item;
        sink();
      }
      return first;
    },
  };
}
