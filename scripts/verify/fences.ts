/** A fenced block of a Markdown text. */
export interface Fence {
  readonly language: string;
  /** Where its first line is in the text, counted from 1. */
  readonly line: number;
  readonly body: string;
  /** Why it is not run, from `<!-- not run: WHY -->` before it. */
  readonly notRun: string | undefined;
  /** What a reader has at that place, from `<!-- given: CODE -->` before it. */
  readonly given: string;
}

/** Every fenced block of a Markdown text, in order. */
export function fencesOf(markdown: string): Fence[] {
  const pattern = /((?:^<!--[^]*?-->\s*)*)^```(\w+)[^\n]*\n([^]*?)^```$/gm;
  return Array.from(markdown.matchAll(pattern), (match) => {
    const [whole, comments = '', language = '', body = ''] = match;
    const before =
      markdown.slice(0, match.index) + whole.slice(0, whole.indexOf('```', comments.length));
    return {
      language,
      line: before.split('\n').length + 1,
      body,
      notRun: /<!-- not run: ([^]*?)\s*-->/.exec(comments)?.[1],
      given: /<!-- given: ([^]*?)\s*-->/.exec(comments)?.[1] ?? '',
    };
  });
}
