import { createServer } from 'node:http';
import { UserError } from '../../lib/user-error.ts';
import { listen } from '../listen.ts';

/**
 * Starts something on a port; a port in use is answered with the variable to change.
 * @throws UserError
 */
export async function onPort<Part>(
  variable: string,
  port: number,
  start: (port: number) => Promise<Part>,
): Promise<Part> {
  try {
    return await start(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const why = code === 'EACCES' ? 'may not be used' : 'is taken';
    throw new UserError(`Port ${port} ${why}: set ${variable} to another one, or to 0 for any.`);
  }
}

/**
 * For a program that wants to be told its port: sees that the wanted one is free, or finds one.
 * @param wanted 0: any
 * @throws UserError
 */
export async function reservePort(variable: string, wanted: number): Promise<number> {
  const { port, stop } = await onPort(variable, wanted, (port) => listen(createServer(), port));
  await stop();
  return port;
}
