/**
 * Formats a number with a comma between thousands.
 *
 * @param digits behind the point, at least
 * @param mostDigits behind the point, at most
 */
export const grouped = (value: number, digits = 0, mostDigits = digits): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: mostDigits });
