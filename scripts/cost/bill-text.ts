import { grouped } from '../terminal/grouped';
import { textTable } from '../terminal/text-table';
import { type Bill, type BillLine, HOURS_A_MONTH } from './bill';
import { isVerified, UNVERIFIED } from './prices';

/** Formats the whole bill: a table of every line, and what its totals include and leave out. */
export function billText(bill: Bill): string {
  const rows = bill.stacks.flatMap(({ stack, hourly, monthly }) => [
    [stack, '', '', perHour(hourly), perMonth(monthly)],
    ...bill.lines.filter((line) => line.stack === stack).map(row),
  ]);
  return [
    ...textTable([
      ['', 'a month', 'price', '$ an hour', '$ a month'],
      ...rows,
      ['Total', '', '', perHour(bill.hourly), perMonth(bill.monthly)],
    ]),
    '',
    ...remarks(bill),
  ].join('\n');
}

/** Formats the bill in a few lines: the stacks, and the total. */
export const shortBillText = (bill: Bill): string =>
  [
    ...textTable([
      ['', '$ a month'],
      ...bill.stacks.map(({ stack, monthly }) => [stack, perMonth(monthly)]),
      ['Total', perMonth(bill.monthly)],
    ]),
    ...notKnown(bill),
    `$${perHour(bill.hourly)} an hour, whether rows flow or not; "npm run cost" shows every line and what is not in it.`,
  ].join('\n');

function remarks(bill: Bill): string[] {
  const { perMillionRows, secondsPerMillionRows, memoryMB, cores, measurement } = bill.emitting;
  return [
    ...(bill.lines.some(isUnverified) ? [`* ${UNVERIFIED}: in no total`] : []),
    ...notKnown(bill),
    `A month has ${HOURS_A_MONTH} hours. On-demand list prices of us-east-1 of ${firstAndLast(bill)}; scripts/cost/prices.json has the source of each.`,
    'Not in the totals: what is billed by use, the free tier (which lowers them), discounts, support, taxes, and the bundles in the bucket of "cdk bootstrap".',
    `A million rows take $${perMillionRows.toPrecision(2)} of Lambda: ${secondsPerMillionRows.toFixed(1)} s at ${grouped(memoryMB)} MB, which come with ${cores.toFixed(2)} cores. ` +
      `Worked out from ${measurement.secondsPerMillionRows.toFixed(1)} s with ${measurement.cpuSecondsPerMillionRows.toFixed(1)} s of CPU, measured on ${measurement.date} with ${grouped(measurement.rows)} rows on ${measurement.machine}, whose cores are not Lambda's.`,
  ];
}

function notKnown({ lines }: Bill): string[] {
  const unknown = lines.filter(({ price }) => price === undefined);
  const unverified = lines.filter((line) => line.quantity !== undefined && isUnverified(line));
  return [
    ...(unknown.length === 0 ? [] : [`NOT in the totals, for the price is not known: ${namesOf(unknown)}.`]),
    ...(unverified.length === 0
      ? []
      : [`NOT in the totals, for the price is not verified: ${namesOf(unverified)}.`]),
  ];
}

const namesOf = (lines: readonly BillLine[]): string => lines.map(({ what }) => what).join(', ');

function row(line: BillLine): string[] {
  const { what, quantity, price, hourly, monthly } = line;
  return [
    `  ${what}${isUnverified(line) ? ' *' : ''}`,
    quantity === undefined ? 'by use' : grouped(quantity, 0, 1),
    price === undefined ? 'not known' : `$${inFull(price.dollars)} per ${price.unit}`,
    hourly === undefined ? '' : perHour(hourly),
    monthly === undefined ? '' : perMonth(monthly),
  ];
}

const isUnverified = ({ price }: BillLine): boolean => price !== undefined && !isVerified(price);

function firstAndLast({ lines }: Bill): string {
  const days = lines.flatMap(({ price }) => price?.asOf ?? []).sort();
  return `${days[0]} to ${days.at(-1)}`;
}

const perMonth = (dollars: number): string => grouped(dollars, 2);

const perHour = (dollars: number): string => dollars.toFixed(4);

/** Small prices in full, never as 1e-7. */
const inFull = (dollars: number): string => grouped(dollars, 2, 10);
