import type { Figure } from './figure.ts';
export const money: Figure = { name: 'money', title: 'money', measure: async () => [] };
