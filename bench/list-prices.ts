/**
 * AWS list prices in US dollars, us-east-1, November 2026, without free tiers and volume discounts.
 * docs/operate.md reckons with the same ones.
 */
export const LIST_PRICES = {
  httpApiRequest: 1 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  /** arm64. */
  lambdaGigabyteSecond: 0.0000133334,
  fifoQueueRequest: 0.5 / 1e6,
  standardQueueRequest: 0.4 / 1e6,
  logGigabyte: 0.5,
} as const;
