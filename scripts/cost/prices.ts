import prices from './prices.json';

/** A list price of us-east-1, on demand, of the first tier, without the free tier. */
export interface Price {
  readonly dollars: number;
  /** Unit that has this price. */
  readonly unit: string;
  /** Source of the price: a repository and the path in it, or a page; or {@link UNVERIFIED}. */
  readonly source: string;
  /** The day of that source, YYYY-MM-DD; absent where it has none. */
  readonly asOf?: string;
}

/** A price of the data file, by name. */
export type PriceName = keyof typeof prices;

/** The source of a price for which none was found. */
export const UNVERIFIED = 'from memory, not verified';

/** Tells whether a price has a source. Only such prices are summed up. */
export const isVerified = ({ source }: Price): boolean => source !== UNVERIFIED;

/** All prices, out of prices.json, the only place in the project that has any. */
export const PRICES: Readonly<Record<PriceName, Price>> = prices;

/** The price of a broker of a type such as `kafka.t3.small`; `undefined` when it is not known. */
export const priceOfBroker = (type: string): Price | undefined =>
  (PRICES as Readonly<Record<string, Price>>)[type];
