import { useEffect, useState } from 'preact/hooks';
import type { PageModel } from '../model/page-model.js';

const STORAGE_KEY = 'personguide.shortcuts';

/** Whether single keys are shortcuts, and a function that changes it. */
export function useShortcuts(
  model: PageModel,
  onHelp: () => void,
): readonly [isOn: boolean, setIsOn: (isOn: boolean) => void] {
  const [isOn, setIsOn] = useState(() => localStorage.getItem(STORAGE_KEY) !== 'off');
  useEffect(() => {
    if (!isOn) return undefined;
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
      const action = actionOf(event.key, model, onHelp);
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', onKeyDown);
    return () => {
      removeEventListener('keydown', onKeyDown);
    };
  }, [isOn]);
  return [
    isOn,
    (wanted) => {
      localStorage.setItem(STORAGE_KEY, wanted ? 'on' : 'off');
      setIsOn(wanted);
    },
  ];
}

function actionOf(key: string, model: PageModel, onHelp: () => void): (() => void) | undefined {
  const { router, notices, session } = model;
  const { route } = router;
  switch (key) {
    case '/':
      return () => {
        document.querySelector<HTMLElement>('#search')?.focus();
      };
    case '1':
      return () => {
        router.go({ view: 'people' });
      };
    case '2':
      return () => {
        router.go({ view: 'users' });
      };
    case '3':
      return () => {
        router.go({ view: 'server' });
      };
    case '?':
      return onHelp;
    case 'n':
      return session.may('people:write')
        ? () => {
            router.go({ view: 'people', mode: 'new' });
          }
        : undefined;
    case 'e': {
      const id = route.view === 'people' && route.mode === undefined ? route.id : undefined;
      return id !== undefined && session.may('people:write')
        ? () => {
            router.go({ view: 'people', id, mode: 'edit' });
          }
        : undefined;
    }
    case 'z': {
      const latest = notices.latestAction;
      return (
        latest &&
        (() => {
          notices.dismiss(latest.id);
          latest.action?.run();
        })
      );
    }
    default:
      return undefined;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, textarea, select');
}
