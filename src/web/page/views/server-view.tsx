import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { errorText } from '../model/error-text.js';
import type { PageModel } from '../model/page-model.js';
import type { GetStatusResponse } from '../../../../gen/personguide/admin/v1/status.js';
import { countsOf, sampleOf, type CallCounts, type Sample } from '../model/server-status.js';
import { Plot } from './plot.js';
import { durationText, numberText } from './texts.js';
import { useObserved } from './use-observed.js';

const INTERVAL_MS = 2000;
/** Two minutes. */
const PLACES = 60;

/** How the server is, and how fast. */
export function ServerView({ model }: { readonly model: PageModel }): JSX.Element {
  useObserved(model.feed);
  useObserved(model.session);
  const { status, samples, error } = useStatus(model);
  return (
    <section class="page-section" aria-label="Server" tabIndex={0}>
      {error !== undefined && (
        <div class="state">
          <p>{errorText(error)}</p>
        </div>
      )}
      {status !== undefined && (
        <>
          <dl class="facts">
            <Fact name="Health">
              <span class={status.serving ? 'dot live' : 'dot lost'} aria-hidden="true" />
              {status.serving ? 'Serving' : 'Not serving'}
            </Fact>
            <Fact name="Version">{status.version}</Fact>
            <Fact name="Store">{status.engine}</Fact>
            <Fact name="Running for">{durationText(status.uptimeSeconds)}</Fact>
            <Fact name="Open calls">{numberText(status.openCalls.toNumber())}</Fact>
            <Fact name="Calls so far">{numberText(status.endedCalls.toNumber())}</Fact>
            <Fact name="Failed">{numberText(status.failedCalls.toNumber())}</Fact>
            <Fact name="Node.js">{status.nodeVersion}</Fact>
          </dl>
          <div class="plots">
            <Plot
              title="Calls"
              unit="/s"
              names={['ended', 'failed']}
              places={PLACES}
              format={rateText}
              lines={[
                samples.map((sample) => sample?.callsPerSecond),
                samples.map((sample) => sample?.failuresPerSecond),
              ]}
            />
            <Plot
              title="Time of unary calls"
              unit="ms"
              names={['median', '99 %']}
              places={PLACES}
              format={millisecondsText}
              lines={[
                samples.map((sample) => sample?.p50Ms),
                samples.map((sample) => sample?.p99Ms),
              ]}
            />
          </div>
          <p class="weak">The last two minutes, while this page was open.</p>
        </>
      )}
      <Access model={model} />
    </section>
  );
}

function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Access({ model }: { readonly model: PageModel }): JSX.Element | null {
  const { session } = model;
  if (!session.hasKey) return null;
  const scopes = (['people:read', 'people:write', 'users:read', 'users:write', 'admin'] as const)
    .filter((scope) => session.may(scope))
    .join(', ');
  return (
    <div class="access">
      <p>
        This tab has a key. It permits: <span class="strong">{scopes}</span>
      </p>
      <button
        type="button"
        class="button"
        onClick={() => {
          model.useKey('');
        }}
      >
        Remove the key from this tab
      </button>
    </div>
  );
}

function useStatus(model: PageModel): {
  status: GetStatusResponse | undefined;
  samples: readonly (Sample | undefined)[];
  error: unknown;
} {
  const [status, setStatus] = useState<GetStatusResponse>();
  const [samples, setSamples] = useState<readonly (Sample | undefined)[]>([]);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const ended = new AbortController();
    let before: CallCounts | undefined;
    const read = async (): Promise<void> => {
      if (document.hidden || model.session.isKeyNeeded) return;
      try {
        const next = await model.readStatus(ended.signal);
        const counts = countsOf(next);
        const sample = before && sampleOf(before, counts);
        if (before !== undefined) setSamples((known) => [...known, sample].slice(-PLACES));
        before = counts;
        setStatus(next);
        setError(undefined);
      } catch (failure) {
        if (!ended.signal.aborted) setError(failure);
      }
    };
    void read();
    const timer = setInterval(() => void read(), INTERVAL_MS);
    return () => {
      clearInterval(timer);
      ended.abort();
    };
  }, []);
  return { status, samples, error };
}

function rateText(value: number): string {
  return value >= 100 ? numberText(Math.round(value)) : value.toFixed(1);
}

function millisecondsText(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(2);
}
