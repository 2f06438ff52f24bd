/** Code between fences. */
export interface Fence {
  readonly language: string;
  readonly text: string;
}

/** A paragraph, a list item or a row of a table, with what it stands under. */
export interface Block {
  readonly text: string;
  /** Row with the column heads, in a table. */
  readonly head?: string | undefined;
  /** Headings above it, the nearest first. */
  readonly headings: readonly string[];
}

const FENCE = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm;

const INLINE_CODE = /(`+)(.+?)\1/g;

const LINK = /!?\[[^\]]*\]\(([^)\s]+)\)/g;

/** Finds the code between fences. */
export const fencesOf = (text: string): Fence[] =>
  [...text.matchAll(FENCE)].map(([, , language = '', content = '']) => ({ language, text: content }));

/** Finds the code in backticks. */
export const codeOf = (text: string): string[] =>
  [...text.replace(FENCE, '').matchAll(INLINE_CODE)].map(([, , code = '']) => code);

/** Finds the targets of links and pictures. */
export const linksOf = (text: string): string[] =>
  [...text.replace(FENCE, '').replace(INLINE_CODE, '').matchAll(LINK)].map(([, target = '']) => target);

/** Finds the headings, as they are written. */
export const headingsOf = (text: string): string[] =>
  [...text.replace(FENCE, '').matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => heading);

/** Returns the anchors that GitHub gives to the headings: https://github.com/gjtorikian/html-pipeline/blob/main/lib/html_pipeline/node_filter/table_of_contents_filter.rb */
export function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return headingsOf(text).map((heading) => {
    const anchor = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

/** Splits a page into its blocks, without the code between fences. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const open: { readonly level: number; readonly text: string }[] = [];
  for (const part of text.replace(FENCE, '').split(/\n{2,}|^(?=#)|(?<=^#.*)\n/m)) {
    const [, marks, heading = ''] = /^(#{1,6}) (.*)$/.exec(part) ?? [];
    if (marks !== undefined) {
      while ((open[0]?.level ?? 0) >= marks.length) open.shift();
      open.unshift({ level: marks.length, text: heading });
    }
    const headings = open.map((one) => one.text);
    const lines = part.split('\n');
    const isTable = part.startsWith('|');
    const texts = isTable ? lines : part.split(/\n(?= *(?:[-*]|\d+\.) )/);
    const head = isTable ? lines[0] : undefined;
    blocks.push(...texts.filter((one) => one.trim() !== '').map((one) => ({ text: one, head, headings })));
  }
  return blocks;
}
