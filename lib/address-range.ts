/** Addresses of an IPv4 range as numbers: `from` to before `to`. */
interface Addresses {
  readonly from: number;
  readonly to: number;
}

/** Parses a range such as `10.20.0.0/20`. Bits behind the prefix count as 0, as AWS takes them. */
function addressesIn(range: string): Addresses {
  const [address = '', bits] = range.split('/');
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const from = Math.floor(number / size) * size;
  return { from, to: from + size };
}

/** Says whether two IPv4 ranges have an address in common. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [addressesIn(one), addressesIn(other)];
  return a.from < b.to && b.from < a.to;
}

/** Returns the /24 range with this number within a larger range; the first one has the number 0. */
export function partOf(range: string, number: number): string {
  const from = addressesIn(range).from + number * 256;
  return `${[24, 16, 8, 0].map((bits) => Math.floor(from / 2 ** bits) % 256).join('.')}/24`;
}
