import type { Figure } from './figure.ts';
export const budgetUse: Figure = {
  name: 'budget-use',
  title: 'budget-use',
  measure: async () => [],
};
