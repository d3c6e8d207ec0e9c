import type { JSX } from 'preact';
import type { Notice, Notices } from '../model/notices.js';
import { Icon } from './icon.js';
import { useObserved } from './use-observed.js';

/** The messages at the edge of the page. Screen readers speak them when they appear. */
export function NoticesView({ notices }: { readonly notices: Notices }): JSX.Element {
  useObserved(notices);
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.all.map((notice) => (
        <NoticeView key={notice.id} notice={notice} notices={notices} />
      ))}
    </div>
  );
}

function NoticeView({
  notice: { id, text, kind, action },
  notices,
}: {
  readonly notice: Notice;
  readonly notices: Notices;
}): JSX.Element {
  const hold = (): void => {
    notices.hold(id);
  };
  const release = (): void => {
    notices.release(id);
  };
  return (
    <div
      class={`notice ${kind}`}
      onMouseEnter={hold}
      onMouseLeave={release}
      onFocusCapture={hold}
      onBlurCapture={release}
    >
      <Icon name={kind === 'done' ? 'check' : 'alert'} />
      <p>{text}</p>
      {action !== undefined && (
        <button
          type="button"
          class="link-button"
          onClick={() => {
            notices.dismiss(id);
            action.run();
          }}
        >
          {action.label}
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label="Dismiss"
        onClick={() => {
          notices.dismiss(id);
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
