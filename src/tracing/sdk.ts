import type * as Sdk from '@opentelemetry/sdk-node';
import type { DiagLogger } from '@opentelemetry/api';
import type { TraceSettings } from '../config.js';

/** A function for lines of the log. */
type Warn = (details: object, text: string) => void;

type SdkModule = Pick<typeof Sdk, 'NodeSDK' | 'api' | 'resources'>;

/** Sends the spans that are left; resolves also if that fails. */
export type StopSdk = () => Promise<void>;

/** How long a collector that does not respond may keep the program from exiting. */
const FLUSH_MS = 3000;

/**
 * Starts the SDK of OpenTelemetry with what its variables say: exporter, sampler, names, limits.
 * Problems are passed to `warn`, also those of sending spans; without the package, nothing else
 * happens.
 */
export function startSdk(
  { variable, serviceName }: TraceSettings,
  warn: Warn,
  load: () => SdkModule = loadSdk,
): StopSdk {
  let modules: SdkModule;
  try {
    modules = load();
  } catch {
    const text = `${variable} asks for traces; for these, run npm install @opentelemetry/sdk-node`;
    warn({}, text);
    return async () => undefined;
  }
  const { NodeSDK, api, resources } = modules;
  api.diag.setLogger(diagnostics(warn), {
    logLevel: api.DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  });
  const sdk = new NodeSDK({
    // The detector of processes would send the arguments, and with them passwords.
    resourceDetectors: [resources.envDetector, resources.hostDetector],
    // Metrics have a port of their own.
    metricReaders: [],
    ...(serviceName !== undefined && { serviceName }),
  });
  sdk.start();
  return async () => {
    if (await settles(sdk.shutdown())) return;
    warn({ reason: `the last spans were not sent within ${FLUSH_MS} ms` }, 'traces');
  };
}

function loadSdk(): SdkModule {
  // Not import(): jest cannot run it in CommonJS. Loaded only here: it takes 0.3 s.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('@opentelemetry/sdk-node') as SdkModule;
}

function diagnostics(warn: Warn): DiagLogger {
  const log = (text: string): void => {
    warn({ reason: text.slice(0, 500) }, 'traces');
  };
  const ignore = (): void => undefined;
  return { error: log, warn: log, info: ignore, debug: ignore, verbose: ignore };
}

/** Whether the work settles in time. How it fails is among the diagnostics. */
async function settles(work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, FLUSH_MS);
  });
  const settled = work.then(
    () => true,
    () => true,
  );
  const isSettled = await Promise.race([settled, timeout]);
  clearTimeout(timer);
  return isSettled;
}
