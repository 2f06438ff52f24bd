import prices from './prices.json';

/** On-demand list price of us-east-1, of the first tier, without the free tier. */
export interface Price {
  readonly dollars: number;
  /** Unit that has this price. */
  readonly unit: string;
  /** Source of the price: a repository and the path in it, or a page; or {@link UNVERIFIED}. */
  readonly source: string;
  /** Date of that source, YYYY-MM-DD; absent if it has none. */
  readonly asOf?: string;
}

/** Name of a price in prices.json. */
export type PriceName = keyof typeof prices;

/** Source of a price that was not verified. */
export const UNVERIFIED = 'from memory, not verified';

/** Tells whether a price has a source. Only such prices are summed up. */
export const isVerified = ({ source }: Price): boolean => source !== UNVERIFIED;

/** All prices, from prices.json, the only place in the project that has any. */
export const PRICES: Readonly<Record<PriceName, Price>> = prices;

/** Returns the price of a broker type such as `kafka.t3.small`; `undefined` if it is unknown. */
export const priceOfBroker = (type: string): Price | undefined =>
  (PRICES as Readonly<Record<string, Price>>)[type];
