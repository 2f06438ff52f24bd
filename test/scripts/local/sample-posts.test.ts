import { createHash } from 'node:crypto';
import { keyOfPost, placeAfterKey } from '../../../lambda/sample-loader/sample-keys';
import { type SampleRow, samplePosts } from '../../../lambda/sample-loader/sample-posts';

const ROWS = 11_154;
const PLACES = Array.from({ length: ROWS }, (_, place) => place);
const KEYS = PLACES.map((place) => keyOfPost(1, place));
const posts = samplePosts(1);
const pins = KEYS.map(posts.pin);

const column = (rows: readonly SampleRow[], index: number): string[] => rows.map((row) => String(row[index]));
const share = (values: readonly string[], like: RegExp): number =>
  values.filter((value) => like.test(value)).length / values.length;
const digest = (seed: number): string => {
  const made = samplePosts(seed);
  const rows = PLACES.slice(0, 1_000).map((place) => {
    const key = keyOfPost(seed, place);
    return [made.pin(key), made.geo(key), made.user(key)];
  });
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
};

describe('the sample posts', () => {
  test('the same seed gives the same bytes (a new version of faker may give others: say so then)', () => {
    expect(digest(1)).toBe('b1a250281b0abca9adaf7a3ad964ecfe7c557db043ecc25ea88be5e5dac7228b');
  });

  test('another seed gives others', () => {
    expect(digest(2)).not.toBe(digest(1));
  });

  test('a row does not depend on which rows were made before', () => {
    expect(samplePosts(1).pin(KEYS[5_000] as number)).toEqual(pins[5_000]);
  });

  test('every unique_id is a UUID, and no two are the same', () => {
    const ids = column(pins, 1);
    expect(share(ids, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)).toBe(1);
    expect(new Set(ids).size).toBe(ROWS);
  });

  test.each([
    ['follower_count in thousands', 5, /^\d{1,3}k$/, 0.76],
    ['follower_count in millions', 5, /^\dM$/, 0.075],
    ['follower_count as a number', 5, /^\d{1,3}$/, 0.15],
    ['follower_count unknown', 5, /^User Info Error$/, 0.015],
    ['title missing', 2, /^No Title Data Available$/, 0.015],
    ['tags missing', 6, /^N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e$/, 0.015],
    ['image missing', 8, /^Image src error\.$/, 0.015],
    ['images', 7, /^image$/, 0.9],
    ['videos', 7, /^video$/, 0.035],
    ['stories', 7, /^multi-video\(story page format\)$/, 0.065],
    ['stories have no description', 3, /^No description available Story format$/, 0.065],
    ['not downloaded', 9, /^0$/, 0.02],
    ['downloaded', 9, /^1$/, 0.98],
    ['mens-fashion', 11, /^mens-fashion$/, 1 / 13],
    ['saved in the folder of the category', 10, /^Local save in \/data\/mens-fashion$/, 1 / 13],
  ])('has about the measured share of pins with %s', (_what, index, like, expected) => {
    expect(Math.abs(share(column(pins, index), like) - expected)).toBeLessThan(0.01);
  });

  test.each([
    ['a letter beyond ASCII', /[éèçöâ]/],
    ['a curly quote', /[“”‘’]/],
    ['an emoji', /😍/u],
    ['a variation selector', /\u{fe0f}/u],
    ['a no-break space', /\u{a0}/u],
    ['a trailing space', / $/],
  ])('has titles with %s', (_what, like) => {
    expect(column(pins, 2).some((title) => like.test(title))).toBe(true);
  });

  test('has nothing that LOAD DATA would take for its own: tab, line break, backslash', () => {
    const rows = KEYS.flatMap((key) => [posts.pin(key), posts.geo(key), posts.user(key)]);
    expect(rows.flat().filter((value) => typeof value === 'string' && /[\t\r\n\\]/.test(value))).toEqual([]);
  });

  test('a pin is about 685 bytes of JSON', () => {
    const names = [
      'index',
      'unique_id',
      'title',
      'description',
      'poster_name',
      'follower_count',
      'tag_list',
      'is_image_or_video',
      'image_src',
      'downloaded',
      'save_location',
      'category',
    ];
    const bytes = pins.map((row) =>
      Buffer.byteLength(JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]])))),
    );
    const average = bytes.reduce((sum, one) => sum + one, 0) / ROWS;
    expect(average).toBeGreaterThan(665);
    expect(average).toBeLessThan(705);
  });

  test('has countries with long names, and coordinates that a FLOAT keeps', () => {
    const rows = KEYS.map(posts.geo);
    expect(column(rows, 4)).toContain('Antarctica (the territory South of 60 deg S)');
    expect(
      rows.filter(([, , latitude]) => Number(Math.fround(Number(latitude)).toPrecision(6)) !== latitude),
    ).toEqual([]);
    expect(share(column(rows, 1), /^20(17|18|19|20|21|22)-\d\d-\d\d \d\d:\d\d:\d\d$/)).toBe(1);
  });
});

describe('the sample keys', () => {
  test('rise, and about one of fifty is missing', () => {
    expect(KEYS.every((key, i) => i === 0 || key > (KEYS[i - 1] as number))).toBe(true);
    expect((KEYS.at(-1) as number) - ROWS).toBeGreaterThan(200);
    expect((KEYS.at(-1) as number) - ROWS).toBeLessThan(250);
  });

  test('go on after any key, whether it is one of them or not', () => {
    for (let key = 0; key < 500; key++) {
      const next = keyOfPost(1, placeAfterKey(1, key));
      expect(next).toBe(KEYS.find((one) => one > key));
    }
    expect(placeAfterKey(1, -1)).toBe(0);
  });
});
