import { createServer } from 'node:http';
import { UserError } from '../../lib/user-error.ts';
import { listen } from '../listen.ts';

/**
 * Starts a server on a port. The error for a port in use names the variable to change.
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
    const why = code === 'EACCES' ? 'may not be used' : 'is in use';
    throw new UserError(`Port ${port} ${why}: set ${variable} to another one, or to 0 for any.`);
  }
}

/**
 * Checks that a port is free, or finds a free one, for a program that cannot choose its own.
 * @param wanted 0: any free port
 * @throws UserError
 */
export async function reservePort(variable: string, wanted: number): Promise<number> {
  const { port, stop } = await onPort(variable, wanted, (port) => listen(createServer(), port));
  await stop();
  return port;
}
