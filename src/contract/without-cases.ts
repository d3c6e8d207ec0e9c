type Each = (name: string, body: unknown, timeoutMs?: number) => void;

/**
 * Runs a suite without the cases that have one of these titles (those of `it.each` as they are
 * written, with `%s`).
 */
export function withoutCases(titles: readonly string[], suite: () => void): void {
  const original = globalThis.it;
  const left = new Set(titles);
  const isLeftOut = (title: string): boolean =>
    titles.includes(title) && (left.delete(title), true);
  const each = (...table: unknown[]): Each => {
    const register = (original.each as unknown as (...table: unknown[]) => Each)(...table);
    return (title, ...rest) => {
      if (!isLeftOut(title)) register(title, ...rest);
    };
  };
  const filtered: Each = (title, ...rest) => {
    if (!isLeftOut(title)) (original as unknown as Each)(title, ...rest);
  };
  globalThis.it = Object.assign(filtered, original, { each });
  try {
    suite();
  } finally {
    globalThis.it = original;
  }
  if (left.size > 0) throw new Error(`there are no such cases: ${[...left].join('; ')}`);
}
