export { main } from '../bench/emulators/run.ts';
