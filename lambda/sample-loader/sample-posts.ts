import { base, en, Faker } from '@faker-js/faker';
import type { PerStream } from '../shared/streams';
import { type RowRandom, rowRandom } from './row-random';

/** The values of a row, in the order of its table's columns. */
export type SampleRow = readonly (string | number)[];

/** Makes the row of each table for a key. */
export type SamplePosts = PerStream<(key: number) => SampleRow>;

/** The seed of the sample tables unless another one is asked for. */
export const DEFAULT_SEED = 2022;

const CATEGORIES = [
  'art',
  'beauty',
  'christmas',
  'diy-and-crafts',
  'education',
  'event-planning',
  'finance',
  'home-decor',
  'mens-fashion',
  'quotes',
  'tattoos',
  'travel',
  'vehicles',
] as const;

/** Names that the original's country column has and faker's list has not. */
const LONG_COUNTRIES = [
  'Antarctica (the territory South of 60 deg S)',
  'Bouvet Island (Bouvetoya)',
  'Libyan Arab Jamahiriya',
  'Slovakia (Slovak Republic)',
];

/** Ends of titles and descriptions with the characters beyond ASCII that were found in the original. */
const FLOURISHES = [
  ' ❤\u{fe0f}',
  ' 👍',
  ' 😍',
  ' — café style',
  ' • Très chic',
  ' – “so good”',
  ' ‘til tomorrow',
  '… schön!',
  '™',
  '\u{a0}•\u{a0}Décor',
  ' ',
  '  ',
];

/**
 * Makes the sample tables' rows out of a seed: the row of a key is always the same, whatever else is made.
 *
 * The shares of each kind of value are those measured on 200 published rows of the original. Faker's texts are made once,
 * into pools that rows draw from, because making new ones takes it 10 to 60 µs a text.
 */
export function samplePosts(seed: number = DEFAULT_SEED): SamplePosts {
  const texts = poolsOfTexts(seed);
  return {
    pin: (key) => pinRow(texts, rowRandom(seed, 1, key), key),
    geo: (key) => geoRow(texts, rowRandom(seed, 2, key), key),
    user: (key) => userRow(texts, rowRandom(seed, 3, key), key),
  };
}

type Texts = ReturnType<typeof poolsOfTexts>;

function poolsOfTexts(seed: number) {
  const faker = new Faker({ locale: [en, base] });
  faker.seed(seed);
  const pool = (size: number, make: () => string): string[] => Array.from({ length: size }, make);
  return {
    titleBegins: pool(
      500,
      () => `${faker.number.int({ min: 5, max: 99 })} ${capitalized(faker.word.adjective())}`,
    ),
    titleEnds: pool(1_000, () => faker.commerce.productName()),
    sentences: pool(1_000, () => faker.commerce.productDescription()),
    tags: pool(1_000, () => capitalized(`${faker.word.adjective()} ${faker.word.noun()}`)),
    posters: pool(1_000, () => faker.company.name()),
    countries: [...new Set(pool(1_000, () => faker.location.country())), ...LONG_COUNTRIES],
    firstNames: pool(1_000, () => faker.person.firstName()),
    lastNames: pool(1_000, () => faker.person.lastName()),
  };
}

function pinRow(texts: Texts, random: RowRandom, key: number): SampleRow {
  // First, because only the first bits of a row are unique among all rows.
  const uniqueId = uuid(random);
  const category = random.pick(CATEGORIES);
  const place = `Local save in /data/${category}`;
  if (random.chance(0.015)) {
    return [
      key,
      uniqueId,
      'No Title Data Available',
      'No description available Story format',
      'User Info Error',
      'User Info Error',
      'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e',
      'multi-video(story page format)',
      'Image src error.',
      0,
      place,
      category,
    ];
  }
  const kind = random.below(1_000);
  const isStory = kind < 50;
  return [
    key,
    uniqueId,
    title(texts, random, category),
    isStory ? 'No description available Story format' : description(texts, random),
    random.pick(texts.posters),
    followerCount(random),
    tagList(texts, random),
    isStory ? 'multi-video(story page format)' : kind < 85 ? 'video' : 'image',
    imageSource(random),
    random.chance(0.005) ? 0 : 1,
    place,
    category,
  ];
}

const title = (texts: Texts, random: RowRandom, category: string): string =>
  `${random.pick(texts.titleBegins)} ${capitalized(category.replaceAll('-', ' '))} Ideas: ${random.pick(texts.titleEnds)}${flourish(random)}`;

const description = (texts: Texts, random: RowRandom): string =>
  `${random.pick(texts.sentences)}. ${random.pick(texts.sentences).slice(0, 60)}${flourish(random)}`;

const flourish = (random: RowRandom): string => (random.chance(0.25) ? random.pick(FLOURISHES) : '');

/** Thousands in 76 of 98.5 posts, millions in 7.5, a plain number in the rest. */
function followerCount(random: RowRandom): string {
  const kind = random.below(985);
  if (kind < 760) return `${1 + random.below(999)}k`;
  if (kind < 835) return `${1 + random.below(9)}M`;
  return String(random.below(1_000));
}

const tagList = (texts: Texts, random: RowRandom): string =>
  Array.from({ length: 6 + random.below(6) }, () => random.pick(texts.tags)).join(',');

function imageSource(random: RowRandom): string {
  const name = hex(random, 4);
  return `https://i.pinimg.com/originals/${name.slice(0, 2)}/${name.slice(2, 4)}/${name.slice(4, 6)}/${name}.jpg`;
}

function geoRow(texts: Texts, random: RowRandom, key: number): SampleRow {
  return [
    key,
    dateTime(random, '2017-10-01', '2022-11-01'),
    degrees(random, 90),
    degrees(random, 180),
    random.pick(texts.countries),
  ];
}

function userRow(texts: Texts, random: RowRandom, key: number): SampleRow {
  return [
    key,
    random.pick(texts.firstNames),
    random.pick(texts.lastNames),
    18 + random.below(43),
    dateTime(random, '2015-10-01', '2018-01-01'),
  ];
}

/** Six significant digits at most, which is what a FLOAT keeps and prints. */
const degrees = (random: RowRandom, most: number): number =>
  Number(((random.bits() / 2 ** 31 - 1) * most).toPrecision(6));

/** `2020-08-28 03:52:47`, from the beginning of a day to before that of another. */
function dateTime(random: RowRandom, from: string, to: string): string {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  const date = new Date(Date.parse(from) + random.below(seconds) * 1000);
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

/** A version 4 UUID. */
function uuid(random: RowRandom): string {
  const digits = hex(random, 4);
  const variant = '89ab'[random.below(4)];
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
}

/** Random hexadecimal digits, eight a word. */
const hex = (random: RowRandom, words: number): string =>
  Array.from({ length: words }, () => random.bits().toString(16).padStart(8, '0')).join('');

const capitalized = (text: string): string => text.replace(/(^| )[a-z]/g, (letter) => letter.toUpperCase());
