/** Measured values. A single one does not vary: a count or a size. */
export type Samples = readonly number[];

/** A line of the table. */
export interface Row {
  /** What was measured. */
  what: string;
  unit: string;
  ours: Samples;
  /** What it is compared with. */
  baseline?: { what: string; samples: Samples };
  /** The ratio of ours to the baseline that is the goal. */
  goal?: { ratio: number; is: 'at most' | 'at least' };
}

export interface FigureOptions {
  /** Number of samples. */
  repetitions: number;
  /** Prints a line about the progress. */
  onProgress: (line: string) => void;
}

/** One of the figures of docs/performance.md. */
export interface Figure {
  /** For `--only`. */
  name: string;
  title: string;
  measure(options: FigureOptions): Promise<Row[]>;
}
