export { main } from '../bench/run.ts';
