import type { Figure } from './figure.ts';
export const pipeline: Figure = { name: 'pipeline', title: 'pipeline', measure: async () => [] };
