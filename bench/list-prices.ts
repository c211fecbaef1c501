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
  /** DynamoDB on demand: up to 1 KB. */
  tableWriteUnit: 0.625 / 1e6,
  /** Up to 4 KB, consistent; half of it otherwise. */
  tableReadUnit: 0.125 / 1e6,
} as const;
