/** Values of one thing, measured again and again. One value: it does not vary (a count, a size). */
export type Samples = readonly number[];

/** A line of the table. */
export interface Row {
  /** What was measured. */
  what: string;
  unit: string;
  ours: Samples;
  /** What it is held against; absent where the value stands for itself. */
  baseline?: { what: string; samples: Samples };
  /** Ours over the baseline that was set as the goal, and whether ours is to be below or above it. */
  goal?: { ratio: number; is: 'at most' | 'at least' };
}

export interface FigureOptions {
  /** How often each thing is measured. */
  repetitions: number;
  /** A line about how far it is. */
  onProgress: (line: string) => void;
}

/** One of the figures of docs/performance.md. */
export interface Figure {
  /** For `--only`. */
  name: string;
  title: string;
  measure(options: FigureOptions): Promise<Row[]>;
}
