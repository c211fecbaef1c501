import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

export interface Terminal {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

/**
 * Asks for one line.
 * @param options.hidden does not show the input
 * @returns `undefined` if the input ends before the end of a line
 */
export function ask(
  question: string,
  { input, output }: Terminal,
  options: { hidden?: boolean } = {},
): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({
    input,
    output: options.hidden ? nowhere : output,
    // The terminal echoes the input unless readline controls it.
    terminal: options.hidden ?? false,
  });
  output.write(question);
  return new Promise((resolve) => {
    let answer: string | undefined;
    reader.once('line', (line) => {
      answer = line.trim();
      reader.close();
    });
    // Also on Ctrl-C and at the end of the input.
    reader.once('close', () => {
      if (options.hidden) output.write('\n');
      resolve(answer);
    });
  });
}
