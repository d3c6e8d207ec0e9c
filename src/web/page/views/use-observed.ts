import { useEffect, useReducer } from 'preact/hooks';
import type { Observable } from '../observable.js';

/** Shows a component again whenever the source changes. */
export function useObserved(source: Observable): void {
  const [, update] = useReducer((count: number) => count + 1, 0);
  const { version } = source;
  useEffect(() => {
    // It may have changed between the first showing and now.
    if (source.version !== version) update(undefined);
    return source.subscribe(() => {
      update(undefined);
    });
  }, [source]);
}
